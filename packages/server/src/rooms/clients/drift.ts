import { z } from 'zod';
import { canonical } from '../../base/canonical.ts';
import { changedWords, type Drifted } from '../resources/drift.ts';
import type { Client } from './client.ts';
import { isLoopbackRedirect } from './redirect.ts';

const when = z.enum(['off', 'pinned', 'all']);

/**
 * Which change of a client stops it until somebody has looked: never, where an administrator has vouched for its host or for it (`pinned`), or always. A
 * pinned client is trusted for where it publishes and where its codes go, so that is what stops it; a new name stops nobody.
 */
export const driftSetting = z.strictObject({
  name: when.default('off'),
  redirectHosts: when.default('pinned'),
  keys: when.default('pinned'),
});
export type DriftSetting = z.infer<typeof driftSetting>;

export const DEFAULT_DRIFT: DriftSetting = driftSetting.parse({});

/** Why a client is frozen that changed behind the back of whoever allowed it. Whoever freezes it otherwise meanwhile has the last word. */
export const CHANGED = 'it changed and nobody has looked at it yet';

/** What of a client differs that people went by when they allowed it something. `hash`: digest of a key. */
export function clientDrift(before: Client, after: Client, hash: (text: string) => string): readonly Drifted[] {
  return [
    ...changedWords('name', [before.name], [after.name]),
    ...hostDrift(before, after),
    ...changedWords('keys', keysOf(before, hash), keysOf(after, hash)),
  ];
}

/** What an administrator’s own change is looked at for, too: names and keys are theirs to change. */
export function hostDrift(before: Pick<Client, 'redirectUris'>, after: Pick<Client, 'redirectUris'>): readonly Drifted[] {
  return changedWords('redirect_hosts', redirectHosts(before), redirectHosts(after));
}

/** Where codes go, one word for each place. Every port and path of the person's own computer is one place. */
export function redirectHosts({ redirectUris }: Pick<Client, 'redirectUris'>): readonly string[] {
  return [...new Set(redirectUris.map(placeOf))].sort();
}

function placeOf(uri: string): string {
  if (isLoopbackRedirect(uri)) return 'this computer';
  const host = URL.canParse(uri) ? new URL(uri).host : '';
  return host === '' ? uri.slice(0, uri.indexOf(':') + 1) : host;
}

function keysOf({ jwks, jwksUri }: Pick<Client, 'jwks' | 'jwksUri'>, hash: (text: string) => string): readonly string[] {
  const keys = (jwks?.keys ?? []).map((key) => hash(canonical(key)).slice(0, 16));
  return [...keys, ...(jwksUri === undefined ? [] : [jwksUri])].sort();
}

/** Whether this drift stops the client at once. `isPinned`: an administrator vouched for it. */
export function stops(setting: DriftSetting, { what }: Pick<Drifted, 'what'>, isPinned: boolean): boolean {
  if (what === 'tools') return false;
  const said = { name: setting.name, redirect_hosts: setting.redirectHosts, keys: setting.keys }[what];
  return said === 'all' || (said === 'pinned' && isPinned);
}
