import { createCache } from '../../base/cache.ts';
import type { Clock } from '../../base/clock.ts';
import { canonical } from '../../base/canonical.ts';
import type { Database } from '../../base/db.ts';
import type { Outbound } from '../../base/outbound/outbound.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Audit } from '../audit/store.ts';
import type { Client } from './client.ts';
import { documentOf, readDocument } from './document.ts';
import type { DriftWatch } from './drift.store.ts';
import { findDocument, noteFailure, saveDocument, type KeptDocument } from './document.store.ts';
import { fetchDocument, type Fetched } from './fetch.store.ts';
import { createLimiter } from './limits.ts';
import type { Described } from './metadata.ts';
import { pinnedDocument } from './pack.ts';
import type { Review } from './review.ts';
import type { MetadataRules } from './rules.ts';
import { findClient } from './store.ts';

/** Why there is no client. `detail` is for the audit entry: it may name inner addresses. `message`: a sentence for whoever came with it. */
export type ClientFault = { reason: string; detail: string; message?: string };

export type DocumentClients = {
  resolve(url: string): Promise<Result<Client, ClientFault>>;
  invalidate(url: string): void;
};

export type DocumentClientsDeps = {
  database: Database;
  audit: Audit;
  clock: Clock;
  outbound: Pick<Outbound, 'get'>;
  rules: MetadataRules;
  /** Evidence, at first sight, that the URL is its vendor's. */
  isVerified(url: string): boolean;
  /** Absent: every document is let in that the settings let in. */
  review?: Review;
  /** Absent: nobody is told when a document says something else. */
  drift?: DriftWatch;
  /** For metrics. */
  onFetch?(outcome: Fetched['outcome'], seconds: number): void;
};

/** A failure is believed this long and no longer: a host that comes back is asked again within a minute. */
const FAILURE_MS = 30_000;
/** A pinned copy stands in only until the next look at the live document. */
const PINNED_MS = 600_000;
/** When a host is gone for good, so is its client. */
const LAST_GOOD_MS = 30 * 86_400_000;
const MAX_CLIENTS = 10_000;
const MAX_FAILURES = 2_000;

type Held = { client: Client; freshUntil: number };

/** Clients that are described by a document at their own URL. One fetch per URL at a time on a node, and few per host. */
export function createDocumentClients(deps: DocumentClientsDeps): DocumentClients {
  const perHost = createLimiter({ size: 30, refillMs: 2_000 }, 5_000);
  const failures = new Map<string, ClientFault & { until: number }>();

  const remember = (url: string, fault: ClientFault, now: number): void => {
    failures.delete(url);
    failures.set(url, { ...fault, until: now + FAILURE_MS });
    const oldest = failures.keys().next();
    if (failures.size > MAX_FAILURES && !oldest.done) failures.delete(oldest.value);
  };

  const load = async (url: string): Promise<Held | undefined> => {
    const now = deps.clock.now();
    const kept = await findDocument(deps.database.db, url);
    const known = kept === undefined ? undefined : await stillGood(deps, url, kept, now);
    const { host } = new URL(url);
    // Only documents nobody has seen count against their host: a flood of made-up paths must not keep a known client from being looked at.
    const isNew = kept === undefined && pinnedDocument(url) === undefined;
    if (known === undefined && isNew && !perHost.take(host, now).ok) return undefined;
    const found = known ?? (await look(deps, url, kept, now));
    if (!found.ok) remember(url, found.error, now);
    else failures.delete(url);
    return found.ok ? found.value : undefined;
  };
  const cache = createCache(load, MAX_CLIENTS);

  return {
    async resolve(url) {
      const now = deps.clock.now();
      const failure = failures.get(url);
      if (failure !== undefined && failure.until > now) return fail(failure);
      // Nothing is awaited between seeing that it is stale and asking anew: whoever comes next finds the look that is under way.
      let hit = cache.get(url);
      if (hit !== undefined && !(hit instanceof Promise) && hit.freshUntil <= now) {
        cache.invalidate(url);
        hit = cache.get(url);
      }
      const held = await hit;
      return held === undefined
        ? fail(failures.get(url) ?? { reason: 'cimd_host_busy', detail: 'too many new documents of one host' })
        : ok(held.client);
    },
    invalidate(url) {
      failures.delete(url);
      cache.invalidate(url);
    },
  };
}

/** What the last look, on whichever node, settled until now; undefined: look again. */
async function stillGood(
  { database }: DocumentClientsDeps,
  url: string,
  kept: KeptDocument,
  now: number,
): Promise<Result<Held, ClientFault> | undefined> {
  const { failure, failedUntil = 0, freshUntil } = kept;
  if (failure === INVALID && failedUntil > now) return fail({ reason: 'cimd_document_invalid', detail: 'found so a moment ago' });
  const until = failure === undefined ? freshUntil : Math.max(freshUntil, failure === INVALID ? 0 : failedUntil);
  const client = until > now ? await findClient(database.db, url) : undefined;
  return client === undefined ? undefined : ok({ client, freshUntil: until });
}

const INVALID = 'invalid';

async function look(
  deps: DocumentClientsDeps,
  url: string,
  kept: KeptDocument | undefined,
  now: number,
): Promise<Result<Held, ClientFault>> {
  const fetched = await fetchDocument(deps.outbound, url, deps.rules, now);
  deps.onFetch?.(fetched.outcome, (deps.clock.now() - now) / 1000);
  const pinned = pinnedOf(url, deps.rules);
  if (fetched.outcome === 'valid')
    return admit(deps, kept, { url, now, pinned, described: fetched.described, source: 'live', freshUntil: fetched.freshUntil });
  if (fetched.outcome === 'invalid') return refuse(deps, url, kept, fetched.detail, now);
  // Nobody answered: what the host last said still holds, and for well-known clients what it is known to say.
  if (kept?.source === 'live' && kept.failure !== INVALID && kept.fetchedAt + LAST_GOOD_MS > now)
    return lastGood(deps, url, fetched.detail, now);
  if (pinned !== undefined)
    return admit(deps, kept, { url, now, pinned, described: pinned, source: 'pinned', freshUntil: now + PINNED_MS });
  return fail({ reason: 'cimd_unavailable', detail: fetched.detail });
}

type Found = {
  url: string;
  now: number;
  described: Described;
  pinned: Described | undefined;
  source: 'live' | 'pinned';
  freshUntil: number;
};

/**
 * Seen for the first time it is reviewed, and again when it goes by another name or sends its codes elsewhere, or one yes would be good for any address.
 * Until people have answered about that, it is not taken; what it was before stays.
 */
async function admit(deps: DocumentClientsDeps, kept: KeptDocument | undefined, found: Found): Promise<Result<Held, ClientFault>> {
  const { database, audit, isVerified, review, drift } = deps;
  const { pinned, ...seen } = found;
  const { url, described } = seen;
  const status = isVerified(url) ? 'verified' : 'unverified';
  const { name, redirectUris } = described;
  const applicant = {
    id: url,
    name,
    redirectUris,
    registrationType: 'cimd' as const,
    status,
    tags: [],
    origin: { request: 'document' },
  } as const;
  const verdict = review !== undefined && isOther(kept, url, described) ? await review(applicant) : undefined;
  if (verdict?.kind === 'refused') {
    const { reason, message } = verdict;
    return fail({ reason: 'registration_refused', detail: reason, message });
  }
  if (verdict?.kind === 'pending' && kept !== undefined)
    return fail({ reason: 'registration_refused', detail: 'change_pending', message: CHANGED });
  const client = await saveDocument(database.db, audit, { ...seen, status, pinned: pinned && documentOf(url, pinned), verdict }, drift);
  return ok({ client, freshUntil: seen.freshUntil });
}

const CHANGED = 'This app says something else of itself than when it was let in here. Somebody has been asked about it.';

/** Another client than before to whoever let it in: by what a review is told of it. */
function isOther(kept: KeptDocument | undefined, url: string, described: Described): boolean {
  const shown = ({ client_name: name, redirect_uris: uris }: Record<string, unknown>): string => canonical([name ?? null, uris ?? null]);
  return kept === undefined || shown(kept.document) !== shown(documentOf(url, described));
}

async function lastGood({ database }: DocumentClientsDeps, url: string, detail: string, now: number): Promise<Result<Held, ClientFault>> {
  const client = await findClient(database.db, url);
  if (client === undefined) return fail({ reason: 'cimd_unavailable', detail });
  await noteFailure(database.db, url, 'unavailable', now + FAILURE_MS);
  return ok({ client, freshUntil: now + FAILURE_MS });
}

/** The host took back what it said: the client is nobody until the document is in order again. Written down once per change of mind. */
async function refuse(
  deps: DocumentClientsDeps,
  url: string,
  kept: KeptDocument | undefined,
  detail: string,
  now: number,
): Promise<Result<Held, ClientFault>> {
  const fault = { reason: 'cimd_document_invalid', detail };
  if (kept === undefined) return fail(fault);
  await noteFailure(deps.database.db, url, INVALID, now + FAILURE_MS);
  if (kept.failure === INVALID) return fail(fault);
  await deps.audit.record({
    type: 'client.refused',
    initiator: 'hub',
    actor: { client: url },
    target: { type: 'client', id: url },
    outcome: 'refused',
    reason: fault.reason,
    origin: { request: 'document' },
    data: { detail },
  });
  return fail(fault);
}

function pinnedOf(url: string, rules: MetadataRules): Described | undefined {
  const pinned = pinnedDocument(url);
  const read = pinned === undefined ? undefined : readDocument(url, pinned.document, rules);
  return read?.ok === true ? read.value : undefined;
}
