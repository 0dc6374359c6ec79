import type { Clock } from '../../base/clock.ts';
import type { Database, Tx } from '../../base/db.ts';
import { digest, sameDigest } from '../../base/digest.ts';
import { newId, newSecret } from '../../base/ids.ts';
import { parseJson } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { EventOrigin } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import type { Catalogue } from '../resources/catalogue.store.ts';
import { isUsable, usesSecret, type Client } from './client.ts';
import { capReached, findRegistrationDigest, insertRegistration, updateRegistration, type RegistrationCaps } from './dcr.store.ts';
import type { DriftWatch } from './drift.store.ts';
import { addressGroup, createLimiter, type BucketRule } from './limits.ts';
import { toMembers, type Described } from './metadata.ts';
import {
  badMetadata,
  describedOf,
  noAccess,
  readBearer,
  readRegistration,
  readUpdate,
  tooMany,
  type RegistrationFault,
} from './registration.ts';
import { reviewFault, type Review, type Verdict } from './review.ts';
import { settleNewcomer } from './review.store.ts';
import type { MetadataRules } from './rules.ts';
import type { RegistrationSettings } from './setting.store.ts';
import { findClient, lockClient, removeClient } from './store.ts';
import { createUrlFault } from './url.store.ts';

export type RegistrationRequest = { authorization: string | undefined; body: string; ip: string; origin: EventOrigin };

/** A registration as its client may see it. `secret` only when it was just made. */
export type Registered = { client: Client; registrationToken: string; secret?: string };
type Outcome<T> = Promise<Result<T, RegistrationFault>>;

/** Dynamic client registration (RFC 7591) and its management (RFC 7592). Every refusal is returned, and written down unless it is a flood. */
export type Registrations = {
  register(request: RegistrationRequest): Outcome<Registered>;
  read(clientId: string, request: RegistrationRequest): Outcome<Registered>;
  update(clientId: string, request: RegistrationRequest): Outcome<Registered>;
  remove(clientId: string, request: RegistrationRequest): Outcome<undefined>;
};

export type RegistrationsDeps = {
  database: Database;
  audit: Audit;
  clock: Clock;
  settings: Pick<RegistrationSettings, 'current' | 'accepts'>;
  catalogue: Pick<Catalogue, 'all'>;
  issuer: string;
  allowLoopback: boolean;
  /** What else ends with a client that removes itself, in rooms below this one: refresh families, live tokens by signal. */
  endOf(tx: Tx, id: string, by: Author): Promise<Done>;
  /** Absent: everybody is let in whom the settings let in. */
  review?: Review;
  /** Absent: nobody is told when a client says other things of itself. */
  drift?: DriftWatch;
  limits?: { bucket: BucketRule; caps: RegistrationCaps };
};

/** 30 at once, then one every two seconds; ChatGPT and claude.ai register once per connection from few addresses, so the hour is generous. */
const LIMITS = { bucket: { size: 30, refillMs: 2_000 }, caps: { perHour: 600, unconsented: 100_000 } };

export function createRegistrations(deps: RegistrationsDeps): Registrations {
  const arrivals = createLimiter((deps.limits ?? LIMITS).bucket);
  const refuse = createRefusal(deps);

  const managed = async (clientId: string, { authorization }: RegistrationRequest): Outcome<Registered> => {
    const access = readBearer(authorization);
    if (access?.kind !== 'token') return fail(noAccess('no_registration_token'));
    const kept = await findRegistrationDigest(deps.database.db, clientId);
    const client = kept !== undefined && sameDigest(kept, digest(access.token)) ? await findClient(deps.database.db, clientId) : undefined;
    if (client === undefined || client.state === 'revoked') return fail(noAccess('wrong_registration_token'));
    return ok({ client, registrationToken: access.token });
  };

  return {
    async register(request) {
      const group = addressGroup(request.ip);
      const arrival = arrivals.take(group, deps.clock.now());
      if (!arrival.ok) return refuse(tooMany('flood', arrival.retryAfter), request);
      const access = await mayRegister(deps, request.authorization);
      if (access !== undefined) return refuse(access, request);
      const body = readBody(request.body);
      const described = body.ok ? readRegistration(body.value, rulesOf(deps)) : body;
      if (!described.ok) return refuse(described.error, request);
      const made = await insert(deps, described.value, group, request.origin);
      return made.ok ? made : refuse(made.error, request);
    },
    async read(clientId, request) {
      const found = await managed(clientId, request);
      return found.ok ? found : refuse(found.error, request, clientId);
    },
    async update(clientId, request) {
      // A change is reviewed like a registration: it may call others, and write to people.
      const arrival = arrivals.take(addressGroup(request.ip), deps.clock.now());
      if (!arrival.ok) return refuse(tooMany('flood', arrival.retryAfter), request, clientId);
      const found = await managed(clientId, request);
      const updated = found.ok ? await rewrite(deps, found.value, request) : found;
      return updated.ok ? updated : refuse(updated.error, request, clientId);
    },
    async remove(clientId, request) {
      const found = await managed(clientId, request);
      const removed = found.ok ? await withdraw(deps, clientId, request.origin) : found;
      return removed.ok ? ok(undefined) : refuse(removed.error, request, clientId);
    },
  };
}

type Refuse = (
  fault: RegistrationFault,
  request: RegistrationRequest,
  clientId?: string,
) => Promise<{ ok: false; error: RegistrationFault }>;

/** Entries of refusals come at most as fast as registrations may: a flood is turned away without filling the audit log. */
function createRefusal({ audit, clock, limits }: RegistrationsDeps): Refuse {
  const refusals = createLimiter((limits ?? LIMITS).bucket);
  return async (fault, { ip, origin }, clientId) => {
    if (fault.reason !== 'flood' && refusals.take(addressGroup(ip), clock.now()).ok) {
      await audit.record({
        type: 'client.refused',
        initiator: 'agent',
        actor: { client: clientId },
        outcome: 'refused',
        reason: fault.reason,
        origin,
        data: { error: fault.error },
      });
    }
    return fail(fault);
  };
}

function rulesOf({ issuer, allowLoopback, settings }: RegistrationsDeps): MetadataRules {
  return {
    channel: 'dcr',
    hubHost: new URL(issuer).hostname,
    urlFault: createUrlFault(allowLoopback),
    redirectHosts: settings.current().dcr.redirectHosts,
  };
}

/** Undefined when the caller may register. An Authorization header counts even where none is needed: one that is wrong is never ignored. */
async function mayRegister(
  { settings, catalogue }: RegistrationsDeps,
  authorization: string | undefined,
): Promise<RegistrationFault | undefined> {
  const access = readBearer(authorization);
  if (access === undefined) return noAccess('malformed_bearer');
  if (access.kind === 'token') return (await settings.accepts(access.token)) ? undefined : noAccess('wrong_initial_access_token');
  const resources = catalogue.all();
  const open =
    settings.current().dcr.mode === 'open' && (resources.length === 0 || resources.some(({ registration }) => registration.dcr.enabled));
  return open ? undefined : noAccess('registration_closed');
}

function readBody(text: string): Result<unknown, RegistrationFault> {
  const parsed = parseJson(text);
  return parsed.ok
    ? parsed
    : fail({ ...badMetadata('The body is one JSON object, nested at most 32 deep, with no name twice.'), reason: `json_${parsed.error}` });
}

async function insert(deps: RegistrationsDeps, described: Described, from: string, origin: EventOrigin): Outcome<Registered> {
  const { audit, clock, limits } = deps;
  const now = clock.now();
  const id = newId('dcr', now);
  const verdict = await reviewOf(deps, { id, described, origin });
  if (verdict.kind === 'refused') return fail(reviewFault(verdict));
  const registrationToken = newSecret();
  const secret = usesSecret(described.authMethod) ? newSecret() : undefined;
  const made = await commitDeed<Done & { client: Client }, RegistrationFault>(audit, async (tx) => {
    const full = await capReached(tx, from, (limits ?? LIMITS).caps, now);
    if (full !== undefined) return fail(tooMany(full, 3_600));
    await insertRegistration(tx, { id, described, from, registrationToken, secret, now });
    const by = selfAuthor(id, origin);
    const settled = await settleNewcomer(tx, id, verdict, by);
    const client = await findClient(tx, id);
    if (client === undefined) throw new Error('a registration was not saved');
    const after = { registrationType: 'dcr', ...(client.underReview === true ? { underReview: true } : {}), ...toMembers(described) };
    const entry = adminChange({ kind: 'client', id, by, before: undefined, after, type: 'client.registered' });
    return ok({ client, entries: [entry, ...settled], changed: [{ kind: 'client', key: id }] });
  });
  return made.ok ? ok({ client: made.value.client, registrationToken, ...(secret === undefined ? {} : { secret }) }) : made;
}

/** What a flow says to this client, before anything of it is kept. */
async function reviewOf(
  { review }: RegistrationsDeps,
  { id, described, origin, tags = [] }: { id: string; described: Described; origin: EventOrigin; tags?: readonly string[] },
): Promise<Verdict> {
  const { name, redirectUris } = described;
  if (review === undefined) return { kind: 'accepted', enrich: {} };
  return review({ id, name, redirectUris, registrationType: 'dcr', status: 'unverified', tags, origin });
}

/** A client that says other things of itself is another to whoever let it in: it is reviewed again, or a review would be worth one request. */
async function reviewChange(
  deps: RegistrationsDeps,
  { client }: Registered,
  body: unknown,
  origin: EventOrigin,
): Promise<Result<Verdict, RegistrationFault>> {
  const described = readUpdate(body, client, isOurs(client, deps.clock.now()), rulesOf(deps));
  if (!described.ok) return described;
  if (JSON.stringify(toMembers(describedOf(client))) === JSON.stringify(toMembers(described.value)))
    return ok({ kind: 'accepted', enrich: {} });
  const verdict = await reviewOf(deps, { id: client.id, described: described.value, origin, tags: client.tags });
  if (verdict.kind === 'refused') return fail(reviewFault(verdict));
  if (verdict.kind === 'accepted') return ok(verdict);
  // Asked again in the same words it finds the answer: the question is known by what it says.
  return fail(reviewFault({ kind: 'refused', reason: 'change_pending', message: WAITS, later: true }));
}

const WAITS = 'People were asked about this change. Nothing has changed so far; send it again when they have answered.';

function isOurs(client: Client, now: number): (secret: string) => boolean {
  return (secret) => client.secrets.some((known) => isUsable(known, now) && sameDigest(known.digest, digest(secret)));
}

async function rewrite(deps: RegistrationsDeps, held: Registered, request: RegistrationRequest): Outcome<Registered> {
  const body = readBody(request.body);
  if (!body.ok) return body;
  const { id, state } = held.client;
  const now = deps.clock.now();
  // Nobody is asked, and nothing is called, for a client that may not change anything.
  if (state !== 'active') return fail(noAccess(`client_${state}`));
  const verdict = await reviewChange(deps, held, body.value, request.origin);
  if (!verdict.ok) return verdict;
  const changed = await commitDeed<Done & { client: Client }, RegistrationFault>(deps.audit, async (tx) => {
    const client = await lockClient(tx, id);
    if (client === undefined) return fail(noAccess('removed_meanwhile'));
    // Stopped is stopped: it may not turn its codes elsewhere, nor take itself out of sight, before somebody has looked at it.
    if (client.state !== 'active') return fail(noAccess(`client_${client.state}`));
    const described = readUpdate(body.value, client, isOurs(client, now), rulesOf(deps));
    if (!described.ok) return described;
    const before = toMembers(describedOf(client));
    const after = toMembers(described.value);
    if (JSON.stringify(before) === JSON.stringify(after)) return ok({ client, entries: [], changed: [] });
    await updateRegistration(tx, id, described.value);
    const by = selfAuthor(id, request.origin);
    const entry = adminChange({ kind: 'client', id, by, before, after, type: 'client.changed' });
    const settled = verdict.value.kind === 'accepted' ? await settleNewcomer(tx, id, verdict.value, by) : [];
    const told = (await findClient(tx, id)) ?? client;
    const drifted = await deps.drift?.(tx, { before: client, after: told, now }, by);
    return ok({
      client: drifted === undefined ? told : ((await findClient(tx, id)) ?? told),
      entries: [entry, ...settled, ...(drifted?.entries ?? [])],
      changed: [{ kind: 'client', key: id }, ...(drifted?.changed ?? [])],
    });
  });
  return changed.ok ? ok({ ...held, client: changed.value.client }) : changed;
}

async function withdraw({ audit, endOf }: RegistrationsDeps, id: string, origin: EventOrigin): Promise<Result<Done, RegistrationFault>> {
  const by = selfAuthor(id, origin);
  return commitDeed<Done, RegistrationFault>(audit, async (tx) => {
    const client = await lockClient(tx, id);
    if (client !== undefined && client.state !== 'active') return fail(noAccess(`client_${client.state}`));
    const removed = await removeClient(tx, id, by);
    if (removed === undefined) return fail(noAccess('removed_meanwhile'));
    const also = await endOf(tx, id, by);
    return ok({ entries: [...removed.entries, ...also.entries], changed: [...removed.changed, ...also.changed] });
  });
}

function selfAuthor(clientId: string, origin: EventOrigin): Author {
  return { initiator: 'agent', actor: { client: clientId }, origin };
}
