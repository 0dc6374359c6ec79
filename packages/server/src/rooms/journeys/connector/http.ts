import { z } from 'zod';
import { badInput } from '../../../base/http/admin.ts';
import type { Route } from '../../../base/http/route.ts';
import { fail } from '../../../base/result.ts';
import type { SecretBox } from '../../../base/secretbox.ts';
import { collectionRoutes, type Collection, type CollectionDeps } from '../../audit/collection.http.ts';
import { flowSecretConfig, toFlowSecretConfig, type FlowSecret, type FlowSecretConfig } from './secret.ts';
import { findFlowSecret, listFlowSecrets, putFlowSecret, removeFlowSecret } from './secrets.store.ts';

/** A secret of flows as the admin API shows it: its name and where it may go, never itself. Times in milliseconds since the epoch. */
const flowSecretView = z.object({ id: z.string(), hosts: z.array(z.string()), createdAt: z.number() }).meta({ id: 'FlowSecret' });

export function flowSecretRoutes(deps: CollectionDeps & { box: SecretBox }): Route[] {
  const secrets: Collection<FlowSecret, FlowSecretConfig> = {
    kind: 'flow secret',
    plural: 'flow-secrets',
    config: flowSecretConfig,
    view: flowSecretView,
    writes: { put: ['admin.changed'], remove: ['admin.changed'] },
    present: (secret) => ({ ...toFlowSecretConfig(secret), createdAt: secret.createdAt }),
    idOf: ({ id }) => id,
    list: listFlowSecrets,
    find: findFlowSecret,
    async put(tx, input, by) {
      const done = await putFlowSecret(tx, deps.box, input, by);
      return done.ok ? done : fail(badInput([done.error], 'The secret cannot be put'));
    },
    remove: removeFlowSecret,
  };
  return collectionRoutes(deps, secrets);
}
