import { isObject } from '../../base/json.ts';
import type { AuditEvent } from '../audit/event.ts';
import type { SignalKind } from '../signals/signal.ts';
import { opaque, userSubject, type SimpleSubject, type SubjectId } from './subject.ts';
import { EVENT } from './words.ts';

/** Entries that something may follow from for receivers. A kill of any kind writes `signal.sent`, whichever way it went. */
export const TOLD_TYPES: readonly AuditEvent['type'][] = [
  'signal.sent',
  'login.ended',
  'user.changed',
  'user.revoked',
  'factor.enrolled',
  'factor.removed',
];

/** One security event: its type, whom it is about, what it says. */
export type Told = { uri: string; subject: SubjectId; payload: Record<string, unknown> };

/** What the entry itself does not say. */
export type ToldFacts = {
  issuer: string;
  /** Whose stream it is; undefined: of the whole hub. */
  tenant: string | undefined;
  agents: ReadonlyMap<string, { clientId: string; userId?: string; tenantId?: string }>;
  grants: ReadonlyMap<string, { clientId: string; userId?: string; tenantId?: string }>;
  /** Whether something of no tenant's chain has to do with the stream's tenant. */
  isOurs(kind: string, id: string): boolean;
};

/**
 * What a stop is told as, by what was stopped. An account that is disabled can come back, so freezing and restoring are RISC's words; that nothing issued
 * earlier is good any more is CAEP's. A grant or a token that is restored needs no word: what was issued before stays revoked, what comes is new.
 */
const STOPS: Record<SignalKind, { stopped: readonly string[]; restored: readonly string[] }> = {
  user: { stopped: [EVENT.sessionRevoked, EVENT.accountDisabled], restored: [EVENT.accountEnabled] },
  agent: { stopped: [EVENT.sessionRevoked, EVENT.accountDisabled], restored: [EVENT.accountEnabled] },
  client: { stopped: [EVENT.sessionRevoked, EVENT.accountDisabled], restored: [EVENT.accountEnabled] },
  tenant: { stopped: [EVENT.sessionRevoked, EVENT.accountDisabled], restored: [EVENT.accountEnabled] },
  hub: { stopped: [EVENT.sessionRevoked, EVENT.accountDisabled], restored: [EVENT.accountEnabled] },
  grant: { stopped: [EVENT.sessionRevoked], restored: [] },
  token: { stopped: [EVENT.sessionRevoked], restored: [] },
};

/** What an entry means to the receiver of a stream; nothing, where it is not for it. Pure: the same entry says the same again. */
export function toldBy(event: AuditEvent, facts: ToldFacts): Told[] {
  switch (event.type) {
    case 'signal.sent':
      return ofSignal(event, facts);
    case 'login.ended':
      return ofSessions(event, facts);
    case 'user.changed':
    case 'user.revoked':
      return ofUser(event, facts);
    case 'factor.enrolled':
      return ofFactors(event, facts, 'create', [wordOf(event.data['kind'])]);
    case 'factor.removed':
      return ofFactors(event, facts, 'delete', wordsOf(event.data['kinds']));
    default:
      return [];
  }
}

function isKind(kind: string): kind is SignalKind {
  return kind in STOPS;
}

function ofSignal(event: AuditEvent, facts: ToldFacts): Told[] {
  const { target, data } = event;
  if (target === null || !isKind(target.type) || !isFor(event, target, facts)) return [];
  const { stopped, restored } = STOPS[target.type];
  const subject = subjectOf(target.type, target.id, facts);
  const uris = data['state'] === 'restored' ? restored : stopped;
  return uris.map((uri) => ({ uri, subject, payload: uri === EVENT.sessionRevoked ? caep(event, facts) : {} }));
}

/** A tenant's own chain is the tenant's. What stands in the hub's is for it when it has to do with it. */
function isFor({ tenant }: AuditEvent, { type, id }: { type: string; id: string }, facts: ToldFacts): boolean {
  if (facts.tenant === undefined || tenant === facts.tenant) return true;
  return tenant === null && (type === 'hub' || facts.isOurs(type, id));
}

function subjectOf(kind: SignalKind, id: string, facts: ToldFacts): SubjectId {
  switch (kind) {
    case 'user':
      return userSubject(facts.issuer, id);
    case 'client':
      return { format: 'complex', application: opaque(id) };
    case 'tenant':
      return { format: 'complex', tenant: opaque(id) };
    case 'agent':
      return standingOf(id, facts.agents.get(id), facts);
    case 'grant':
      return standingOf(id, facts.grants.get(id), facts);
    case 'token':
      return { format: 'jwt_id', iss: facts.issuer, jti: id };
    case 'hub':
      return { format: 'uri', uri: facts.issuer };
  }
}

/** An agent or a grant is what lies between a client and whoever it acts for: to those outside, a session of the two. */
function standingOf(id: string, of: { clientId: string; userId?: string; tenantId?: string } | undefined, facts: ToldFacts): SubjectId {
  return {
    format: 'complex',
    session: opaque(id),
    ...(of === undefined ? {} : { application: opaque(of.clientId) }),
    ...(of?.userId === undefined ? {} : { user: userSubject(facts.issuer, of.userId) }),
    ...(of?.tenantId === undefined ? {} : { tenant: opaque(of.tenantId) }),
  };
}

function ofSessions(event: AuditEvent, facts: ToldFacts): Told[] {
  const { target, data } = event;
  if (target === null || !isFor(event, target, facts)) return [];
  const user = userSubject(facts.issuer, target.id);
  return wordsOf(data['sessions']).map((id) => ({
    uri: EVENT.sessionRevoked,
    subject: { format: 'complex', user, session: opaque(id) },
    payload: caep(event, facts),
  }));
}

function ofFactors(event: AuditEvent, facts: ToldFacts, change: string, kinds: readonly string[]): Told[] {
  const { target } = event;
  if (target === null || !isFor(event, target, facts)) return [];
  return kinds.flatMap((kind) => {
    const type = CREDENTIALS[kind];
    return type === undefined ? [] : [credentialChange(event, facts, { user: target.id, type, change })];
  });
}

/** Our kinds of factor in the words of CAEP 1.0 §3.3 where it has one; others may be agreed on. */
const CREDENTIALS: Readonly<Record<string, string>> = { totp: 'app', passkey: 'passkey', recovery: 'recovery-code' };

function credentialChange(event: AuditEvent, facts: ToldFacts, of: { user: string; type: string; change: string }): Told {
  return {
    uri: EVENT.credentialChange,
    subject: userSubject(facts.issuer, of.user),
    payload: { ...caep(event, facts), credential_type: of.type, change_type: of.change },
  };
}

type Membership = { id: string; roles: readonly string[] };

/** From what the entry says has changed: another password, other roles, a tenant that was left, where the person has no session any more; or that a user was erased. */
function ofUser(event: AuditEvent, facts: ToldFacts): Told[] {
  const { target, data } = event;
  if (target?.type !== 'user') return [];
  // Said whole, unlike what the memberships were: that is cut where it is long.
  const left = wordsOf(data['left']).filter((id) => facts.tenant === undefined || id === facts.tenant);
  const ended = left.map((id) => ({ uri: EVENT.sessionRevoked, subject: inTenant(facts, target.id, id), payload: caep(event, facts) }));
  if (data['deed'] === 'removed') {
    if (facts.tenant !== undefined && left.length === 0) return [];
    return [...ended, { uri: EVENT.accountPurged, subject: userSubject(facts.issuer, target.id), payload: {} }];
  }
  const memberships = changeIn(data, 'tenants');
  const told = memberships === undefined ? ended : [...ended, ...ofMemberships(event, target.id, memberships, facts)];
  const password = changeIn(data, 'password');
  if (password === undefined || !isFor(event, target, facts)) return told;
  const change = password.from === null ? 'create' : password.to === null ? 'revoke' : 'update';
  return [...told, credentialChange(event, facts, { user: target.id, type: 'password', change })];
}

type FromTo = { from: unknown; to: unknown };

/** Who has other roles in a tenant has other claims. */
function ofMemberships(event: AuditEvent, user: string, { from, to }: FromTo, facts: ToldFacts): Told[] {
  const [before, after] = [membersOf(from), membersOf(to)];
  // Cut short in the entry: how it was is not known any more, so what is said is that something changed.
  if (before === undefined || after === undefined) {
    if (facts.tenant === undefined || !facts.isOurs('user', user)) return [];
    return [claimsChange(event, facts, { user, tenant: facts.tenant, claims: {} })];
  }
  const concerned = before.filter(({ id }) => facts.tenant === undefined || id === facts.tenant);
  return concerned.flatMap(({ id, roles }): Told[] => {
    const now = after.find((one) => one.id === id);
    return now === undefined || sameWords(roles, now.roles)
      ? []
      : [claimsChange(event, facts, { user, tenant: id, claims: { roles: now.roles } })];
  });
}

function claimsChange(event: AuditEvent, facts: ToldFacts, of: { user: string; tenant: string; claims: object }): Told {
  return {
    uri: EVENT.tokenClaimsChange,
    subject: inTenant(facts, of.user, of.tenant),
    payload: { ...caep(event, facts), claims: of.claims },
  };
}

function inTenant(facts: ToldFacts, user: string, tenant: string): SubjectId {
  const person: SimpleSubject = userSubject(facts.issuer, user);
  return { format: 'complex', user: person, tenant: opaque(tenant) };
}

function sameWords(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word) => b.includes(word));
}

/** CAEP 1.0 §2: when, by whom, why. An administrator's reason in the hub's chain may speak of another tenant's affairs. */
function caep(event: AuditEvent, facts: ToldFacts): Record<string, unknown> {
  const isTheirs = facts.tenant === undefined || event.tenant === facts.tenant;
  return {
    event_timestamp: Math.floor(Date.parse(event.time) / 1_000),
    initiating_entity: entityOf(event),
    ...(event.reason === undefined || !isTheirs ? {} : { reason_admin: { en: event.reason } }),
  };
}

/** A signal is the hub's word about somebody's deed: who did it stands in the actor. Administrators come by a client. */
function entityOf({ initiator, actor, target }: AuditEvent): 'admin' | 'user' | 'system' {
  if (initiator === 'human') return 'user';
  if (initiator === 'admin') return 'admin';
  if (target?.type === 'token' || (actor.client === undefined && actor.user === undefined)) return 'system';
  return actor.client === undefined ? 'user' : 'admin';
}

function changeIn(data: AuditEvent['data'], field: string): FromTo | undefined {
  const { changes } = data;
  if (!Array.isArray(changes)) return undefined;
  const found: unknown = changes.find((one: unknown) => isObject(one) && one['field'] === field);
  return isObject(found) ? { from: found['from'] ?? null, to: found['to'] ?? null } : undefined;
}

function membersOf(value: unknown): Membership[] | undefined {
  if (value === null || value === undefined) return [];
  try {
    const read: unknown = typeof value === 'string' ? JSON.parse(value) : undefined;
    if (!Array.isArray(read)) return undefined;
    return read.flatMap((one: unknown) => {
      const id = isObject(one) ? one['id'] : undefined;
      return isObject(one) && typeof id === 'string' ? [{ id, roles: wordsOf(one['roles']) }] : [];
    });
  } catch {
    return undefined;
  }
}

function wordsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function wordOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
