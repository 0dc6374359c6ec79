import { isFields, kindOf, newFaults, quote, readCount, readFields, readList, readText, readWord, under } from './faults.ts';
import type { Fault, Faults, Fields } from './faults.ts';
import { parseAddress } from './address.ts';
import { parseMoment } from './moment.ts';
import type { Attributes, PolicyRequest, TargetKind } from './request.ts';
import { GRANTS } from './rule.ts';
import type { GrantName } from './rule.ts';

/** What is known already: it stands where the input says nothing. What the input says always wins. */
export type RequestFacts = {
  /** Milliseconds since the epoch, for a request that names no time. Left out: {@link REQUEST_TIME}. */
  readonly now?: number;
  readonly target?: (target: {
    readonly kind: TargetKind;
    readonly id: string;
  }) => Partial<Pick<PolicyRequest['target'], 'type' | 'tags'> & Pick<PolicyRequest, 'scopes'>> | undefined;
  readonly client?: (id: string) => Partial<PolicyRequest['client']> | undefined;
  readonly user?: (id: string) => Partial<NonNullable<PolicyRequest['user']>> | undefined;
  readonly tenant?: (id: string) => Partial<NonNullable<PolicyRequest['tenant']>> | undefined;
};

export type ParsedRequest =
  | { readonly ok: true; readonly request: PolicyRequest }
  | { readonly ok: false; readonly errors: readonly Fault[] };

/** The time of a made-up request that names none: noon UTC on 1 January 2026. A saved test must not fail because a day has passed. */
export const REQUEST_TIME = 1_767_268_800_000;

const FIELDS = [
  'grant',
  'target',
  'resource',
  'connection',
  'scopes',
  'client',
  'user',
  'tenant',
  'agent',
  'jwtClaims',
  'request',
  'token',
  'delegation',
];
const MAX_WORDS = 10_000;
const MAX_ATTRIBUTES = 1000;

type At = { readonly faults: Faults; readonly path: string };

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function member(faults: Faults, fields: Fields, path: string, name: string): string | undefined {
  return isAbsent(fields[name]) ? undefined : readText(faults, fields[name], under(path, name));
}

/** Texts, also none at all: unlike in a rule, an empty list says something in a request. */
function words({ faults, path }: At, value: unknown): readonly string[] | undefined {
  if (isAbsent(value)) return undefined;
  if (Array.isArray(value) && value.length === 0) return [];
  return readList(faults, value, path, (item, at) => readText(faults, item, at), MAX_WORDS);
}

function attributes({ faults, path }: At, value: unknown): Attributes | undefined {
  if (isAbsent(value)) return undefined;
  if (!isFields(value)) return faults.add(path, `must be an object of names and values; this is ${kindOf(value)}`);
  const entries = Object.entries(value);
  if (entries.length > MAX_ATTRIBUTES) return faults.add(path, `must have at most ${String(MAX_ATTRIBUTES)} members`);
  return Object.fromEntries(entries);
}

/** An object with an id, which may also be given as the id alone. */
function identified({ faults, path }: At, value: unknown, allowed: readonly string[]): { id: string; fields: Fields } | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value === 'string') {
    const id = readText(faults, value, path);
    return id === undefined ? undefined : { id, fields: {} };
  }
  const fields = readFields(faults, value, path, ['id', ...allowed]);
  const id = fields && readText(faults, fields.id, under(path, 'id'));
  return fields && id !== undefined ? { id, fields } : undefined;
}

function readTarget(faults: Faults, fields: Fields, facts: RequestFacts): PolicyRequest['target'] | undefined {
  const given = ['target', 'resource', 'connection'].filter((name) => !isAbsent(fields[name]));
  const [name] = given;
  if (name === undefined || given.length > 1)
    return faults.add('target', 'must be given once: as resource, as connection, or as target with kind and id');
  const found = identified({ faults, path: name }, fields[name], name === 'target' ? ['kind', 'type', 'tags'] : ['type', 'tags']);
  if (!found) return undefined;
  const kind =
    name === 'resource' || name === 'connection'
      ? name
      : readWord(faults, found.fields.kind ?? 'resource', 'target.kind', ['resource', 'connection']);
  if (!kind) return undefined;
  const known = facts.target?.({ kind, id: found.id });
  return {
    kind,
    id: found.id,
    type: member(faults, found.fields, name, 'type') ?? known?.type ?? (kind === 'resource' ? 'api' : 'oauth'),
    tags: words({ faults, path: under(name, 'tags') }, found.fields.tags) ?? known?.tags ?? [],
  };
}

function readScopes(faults: Faults, value: unknown): readonly string[] | undefined {
  const list = typeof value === 'string' ? value.split(' ').filter((word) => word !== '') : value;
  return words({ faults, path: 'scopes' }, list);
}

function readClient(faults: Faults, value: unknown, facts: RequestFacts): PolicyRequest['client'] | undefined {
  if (isAbsent(value)) return faults.add('client', 'must be the id of the client, or an object with id and what else is known of it');
  const found = identified({ faults, path: 'client' }, value, ['name', 'registrationType', 'status', 'owner', 'tags']);
  if (!found) return undefined;
  const known = facts.client?.(found.id);
  const text = (name: string): string | undefined => member(faults, found.fields, 'client', name);
  const owner = text('owner') ?? known?.owner;
  return {
    id: found.id,
    name: text('name') ?? known?.name ?? found.id,
    registrationType: text('registrationType') ?? known?.registrationType ?? 'manual',
    status: text('status') ?? known?.status ?? 'verified',
    ...(owner === undefined ? {} : { owner }),
    tags: words({ faults, path: 'client.tags' }, found.fields.tags) ?? known?.tags ?? [],
  };
}

function readUser(faults: Faults, value: unknown, tenant: PolicyRequest['tenant'], facts: RequestFacts): PolicyRequest['user'] {
  const found = identified({ faults, path: 'user' }, value, ['roles', 'tenantIds', 'permissions', 'attributes']);
  if (!found) return undefined;
  const known = facts.user?.(found.id);
  const list = (name: string): readonly string[] | undefined => words({ faults, path: under('user', name) }, found.fields[name]);
  return {
    id: found.id,
    roles: list('roles') ?? known?.roles ?? [],
    tenantIds: list('tenantIds') ?? known?.tenantIds ?? (tenant ? [tenant.id] : []),
    permissions: list('permissions') ?? known?.permissions ?? [],
    attributes: attributes({ faults, path: 'user.attributes' }, found.fields.attributes) ?? known?.attributes ?? {},
  };
}

function readTenant(faults: Faults, value: unknown, facts: RequestFacts): PolicyRequest['tenant'] {
  const found = identified({ faults, path: 'tenant' }, value, ['attributes']);
  if (!found) return undefined;
  const given = attributes({ faults, path: 'tenant.attributes' }, found.fields.attributes);
  return { id: found.id, attributes: given ?? facts.tenant?.(found.id)?.attributes ?? {} };
}

function readAgent(faults: Faults, value: unknown): PolicyRequest['agent'] {
  const found = identified({ faults, path: 'agent' }, value, ['state']);
  return found && { id: found.id, state: member(faults, found.fields, 'agent', 'state') ?? 'active' };
}

function readTime(faults: Faults, value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const moment = typeof value === 'string' ? parseMoment(value) : undefined;
  if (moment?.kind === 'instant') return moment.ms;
  return faults.add(
    'request.time',
    `must be a date and time with its zone such as 2026-01-31T09:30:00Z, or milliseconds since 1970; this is ${typeof value === 'string' ? quote(value) : kindOf(value)}`,
  );
}

function readCircumstances(faults: Faults, value: unknown, facts: RequestFacts): PolicyRequest['request'] {
  const fields = isAbsent(value) ? {} : readFields(faults, value, 'request', ['ip', 'time']);
  const ip = fields && member(faults, fields, 'request', 'ip');
  if (ip !== undefined && !parseAddress(ip)) faults.add('request.ip', `${quote(ip)} is not an IP address; write 192.0.2.1 or 2001:db8::1`);
  const time = fields && !isAbsent(fields.time) ? readTime(faults, fields.time) : undefined;
  return { ...(ip === undefined ? {} : { ip }), time: time ?? facts.now ?? REQUEST_TIME };
}

function readLogin(faults: Faults, value: unknown): PolicyRequest['token'] {
  const fields = isAbsent(value) ? undefined : readFields(faults, value, 'token', ['acr', 'amr']);
  if (!fields) return undefined;
  const acr = member(faults, fields, 'token', 'acr');
  const amr = words({ faults, path: 'token.amr' }, fields.amr);
  return { ...(acr === undefined ? {} : { acr }), ...(amr === undefined ? {} : { amr }) };
}

function readDelegation(faults: Faults, value: unknown): PolicyRequest['delegation'] {
  const fields = isAbsent(value) ? undefined : readFields(faults, value, 'delegation', ['depth', 'actors']);
  const actors = words({ faults, path: 'delegation.actors' }, fields?.actors) ?? [];
  // The last actor got the first token: nothing was handed on to it.
  const least = Math.max(0, actors.length - 1);
  const depth = isAbsent(fields?.depth) ? least : readCount(faults, fields?.depth, 'delegation.depth', least, 'delegations');
  return { depth: depth ?? least, actors };
}

/** Where nothing is said: credentials are handed out by exchange, a user comes by code, and a client alone by its credentials. */
function usualGrant(target: PolicyRequest['target'] | undefined, user: PolicyRequest['user']): GrantName {
  if (target?.kind === 'connection') return 'token_exchange';
  return user ? 'authorization_code' : 'client_credentials';
}

/** Reads a request below `path`; undefined when there is a fault, which then stands in `faults` under that path. */
export function readRequest(faults: Faults, input: unknown, path: string, facts: RequestFacts): PolicyRequest | undefined {
  const own = newFaults();
  const request = readMembers(own, input, facts);
  for (const fault of own.list) faults.add(fault.path === '' ? path : under(path, fault.path), fault.message);
  return own.list.length > 0 ? undefined : request;
}

function readMembers(faults: Faults, input: unknown, facts: RequestFacts): PolicyRequest | undefined {
  const fields = readFields(faults, input, '', FIELDS);
  if (!fields) return undefined;
  const target = readTarget(faults, fields, facts);
  const client = readClient(faults, fields.client, facts);
  const tenant = readTenant(faults, fields.tenant, facts);
  const user = readUser(faults, fields.user, tenant, facts);
  const agent = readAgent(faults, fields.agent);
  const token = readLogin(faults, fields.token);
  const jwtClaims = attributes({ faults, path: 'jwtClaims' }, fields.jwtClaims);
  const grant = isAbsent(fields.grant) ? usualGrant(target, user) : readWord(faults, fields.grant, 'grant', GRANTS);
  const scopes = readScopes(faults, fields.scopes) ?? (target && facts.target?.(target)?.scopes) ?? [];
  const request = readCircumstances(faults, fields.request, facts);
  const delegation = readDelegation(faults, fields.delegation);
  if (!target || !client || !grant) return undefined;
  return {
    grant,
    target,
    scopes,
    client,
    ...(user ? { user } : {}),
    ...(jwtClaims ? { jwtClaims } : {}),
    ...(tenant ? { tenant } : {}),
    ...(agent ? { agent } : {}),
    request,
    ...(token ? { token } : {}),
    delegation,
  };
}

/**
 * Reads a made-up request: what `simulate`, the CLI and saved tests ask. Only `client` and the target (`resource`, `connection` or `target`) are
 * needed; `client`, `user`, `tenant`, `agent`, `resource` and `connection` may be given by their id alone, `scopes` as one text. Null is absent.
 * Every fault is reported with the path of its field and what would be right.
 */
export function parsePolicyRequest(input: unknown, facts: RequestFacts = {}): ParsedRequest {
  const faults = newFaults();
  const request = readRequest(faults, input, '', facts);
  return request ? { ok: true, request } : { ok: false, errors: faults.list };
}
