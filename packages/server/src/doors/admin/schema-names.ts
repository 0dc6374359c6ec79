import { z } from 'zod';
import { agentView } from '../../rooms/agents/view.ts';
import { clientConfig } from '../../rooms/clients/config.ts';
import { grantView } from '../../rooms/consent/http.ts';
import { keyView } from '../../rooms/keys/http.ts';
import { userConfig } from '../../rooms/users/config.ts';
import { userView } from '../../rooms/users/http.ts';

/**
 * Names for what the OpenAPI document says more than once, where the room's own schema does not carry one: it stands there once, and the typed
 * client calls it so.
 */
const NAMES: readonly [z.ZodType, string][] = [
  [agentView, 'Agent'],
  [clientConfig, 'ClientConfig'],
  [grantView, 'Grant'],
  [keyView, 'Key'],
  [userConfig, 'UserConfig'],
  [userView, 'User'],
];

/** Repeating it changes nothing. */
export function nameSchemas(): void {
  for (const [schema, id] of NAMES) if (z.globalRegistry.get(schema)?.id === undefined) z.globalRegistry.add(schema, { id });
}
