import { canonical } from '../../base/canonical.ts';
import type { Owner, Secret } from './credential.ts';

/**
 * What a sealed value is bound to (the additional data of AES-GCM): its column, row, connection and owner, and with the owner the tenant. A value
 * that is copied into another row, column or tenant does not open there, whoever writes to the table.
 */
export function credentialContext(column: 'secret' | 'pending', of: { id: string; connection: string; owner: Owner }): string {
  const { user = '', tenant = '', agent = '' } = of.owner;
  return canonical(['credential', column, of.id, of.connection, user, tenant, agent]);
}

export function connectionContext(id: string): string {
  return canonical(['connection', 'client_secret', id]);
}

export function encodeSecret(secret: Secret): string {
  return canonical(secret);
}

/** Throws when it is none: what opened was written by us, so this is a bug. */
export function decodeSecret(text: string): Secret {
  const value: unknown = JSON.parse(text);
  if (isSecret(value)) return value;
  throw new Error('a sealed value that is no secret');
}

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  oauth: ['accessToken'],
  api_key: ['value'],
  basic: ['username', 'password'],
  certificate: ['certificate', 'privateKey'],
  reference: ['url'],
};

function isSecret(value: unknown): value is Secret {
  if (typeof value !== 'object' || value === null || !('kind' in value) || typeof value.kind !== 'string') return false;
  const members = MEMBERS[value.kind];
  return members !== undefined && members.every((name) => typeof Reflect.get(value, name) === 'string');
}
