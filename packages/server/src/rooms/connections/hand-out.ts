import type { Agent } from '../agents/agent.ts';
import type { EventOrigin } from '../audit/event.ts';
import type { Client } from '../clients/client.ts';
import type { Tenant } from '../tenants/tenant.ts';
import type { User } from '../users/user.ts';
import { hasScopes, type Connection } from './connection.ts';
import type { Credential, Owner } from './credential.ts';

/** Who asks for a credential, for whom, and by what right: the facts of the token that was presented, as they are now. */
export type HandOutAsk = {
  /** `exchange`: the secret goes to the client. `proxy`: the hub uses it for one call, and the client never sees it. */
  way: 'exchange' | 'proxy';
  connection: string;
  /** Undefined: whatever policy allows and the credential has. */
  scopes: readonly string[] | undefined;
  /** Which of several accounts. */
  label?: string | undefined;
  /** Renew it first: the service has just refused it. */
  force: boolean;
  client: Client;
  agent: Pick<Agent, 'id' | 'state'>;
  user?: User | undefined;
  tenant?: Tenant | undefined;
  login?: { acr: string; amr: readonly string[] } | undefined;
  jwtClaims: Readonly<Record<string, unknown>>;
  /** Who acted, nearest first. */
  actors: readonly { readonly sub: string; readonly agent?: string | undefined }[];
  /** The token that it is handed out for. */
  parent: { readonly jti: string; readonly audience: string; readonly client: string };
  /** The request proved the key that its token is bound to. */
  keyProved: boolean;
  consentedAt?: number | undefined;
  /** The approval that the client believes to be for this request. */
  approvalId?: string | undefined;
  txn: string;
  origin: EventOrigin;
  ip: string;
  now: number;
};

/** A scope that the client asks for and cannot have here whatever policy says. */
export type ScopeFault = 'scope_of_a_whole' | 'scope_unknown' | 'scope_beyond_client';

/**
 * Scopes to judge; empty: the credential as a whole. A key has no scopes, so a request that names some means something that it would not get.
 * A connection that lists none takes any by name: policy knows them.
 */
export function scopesToJudge(
  connection: Connection,
  asked: readonly string[] | undefined,
  cap: readonly string[] | undefined,
): { scopes: readonly string[] } | { fault: ScopeFault } {
  if (!hasScopes(connection)) return asked === undefined || asked.length === 0 ? { scopes: [] } : { fault: 'scope_of_a_whole' };
  const own = connection.scopes;
  if (asked === undefined || asked.length === 0) {
    // Of a connection that lists none, a capped client can only mean what its cap names.
    const scopes = cap === undefined ? own : own.length === 0 ? [...new Set(cap)] : own.filter((name) => cap.includes(name));
    // None would be taken for the whole: who may have nothing of it would get all of it.
    return (own.length > 0 || cap !== undefined) && scopes.length === 0 ? { fault: 'scope_beyond_client' } : { scopes };
  }
  const known = new Set([...own, ...connection.alwaysScopes]);
  if (connection.scopes.length > 0 && asked.some((name) => !known.has(name))) return { fault: 'scope_unknown' };
  if (cap !== undefined && asked.some((name) => !cap.includes(name))) return { fault: 'scope_beyond_client' };
  return { scopes: [...new Set(asked)] };
}

/** What the credential is good for, held against what was asked and granted. */
export type Fit =
  | { readonly kind: 'fits'; readonly scopes: readonly string[]; /** What it can do beyond. */ readonly conveys: readonly string[] }
  /** Somebody has to connect again: for want of these scopes, or because the service no longer takes it. */
  | {
      readonly kind: 'connect';
      readonly reason: 'too_few_scopes' | 'credential_failed' | 'not_connected';
      readonly missing: readonly string[];
    }
  | { readonly kind: 'locked' };

/**
 * `named`: the client said which scopes it needs, and fewer would fail it later. Otherwise what there is will do, if it is anything. A credential
 * whose service names no scopes is taken for what was asked of it.
 */
export function fitOf(
  credential: Credential,
  of: { connection: Connection; granted: readonly string[]; named: boolean; whole: boolean },
): Fit {
  const { connection, granted, named, whole } = of;
  switch (credential.state) {
    case 'locked':
      return { kind: 'locked' };
    case 'failed':
      return { kind: 'connect', reason: 'credential_failed', missing: granted };
    case 'revoked':
      return { kind: 'connect', reason: 'not_connected', missing: granted };
    case 'active':
      break;
  }
  if (whole) return { kind: 'fits', scopes: [], conveys: [] };
  const has = new Set(credential.granted);
  const missing = granted.filter((name) => !has.has(name));
  const scopes = granted.filter((name) => has.has(name));
  const quiet = new Set([...granted, ...connection.alwaysScopes, ...NO_ACCESS]);
  const conveys = credential.granted.filter((name) => !quiet.has(name));
  return (named && missing.length > 0) || (scopes.length === 0 && granted.length > 0)
    ? { kind: 'connect', reason: 'too_few_scopes', missing }
    : { kind: 'fits', scopes, conveys };
}

/** Scopes by which a client asks for an id_token and a refresh token; with the access token alone they allow nothing. */
const NO_ACCESS = ['openid', 'offline_access'];

/** Reads the optional parameter by which a client says that the service has refused what it got before. */
export function forceIn(value: string | undefined): boolean | undefined {
  if (value === undefined || value === 'false') return false;
  return value === 'true' ? true : undefined;
}

/** A label is part of a name that people chose, shown on pages: short and printable. */
export function isLabel(value: string): boolean {
  return value.length <= 200 && /^[^\p{C}]*$/u.test(value);
}

/** Whose account is to be connected, by whom, with which scopes. */
export type Link = { owner: Owner; label?: string | undefined; scopes: readonly string[]; client: string };

/**
 * The link of a `connection_required`. An account that is there is connected again, with what it has and what is missing; otherwise one for the user
 * (in the tenant of the request) or, where there is no user, for the tenant. Undefined: no person could be sent anywhere.
 */
export function linkFor(
  { user, tenant, client, label }: HandOutAsk,
  connection: Connection,
  { missing, credential }: { missing: readonly string[]; credential?: Credential },
): Link | undefined {
  const wanted = [...new Set([...(credential?.granted ?? []), ...missing])];
  const scopes = connection.scopes.length === 0 ? wanted : wanted.filter((name) => connection.scopes.includes(name));
  if (credential !== undefined) return { owner: credential.owner, label: credential.label, scopes, client: client.id };
  const own =
    user !== undefined && connection.owners.includes('user')
      ? { user: user.id, ...(tenant === undefined ? {} : { tenant: tenant.id }) }
      : undefined;
  const shared = tenant !== undefined && connection.owners.includes('tenant') ? { tenant: tenant.id } : undefined;
  const owner = own ?? shared;
  return owner === undefined ? undefined : { owner, ...(label === undefined ? {} : { label }), scopes, client: client.id };
}
