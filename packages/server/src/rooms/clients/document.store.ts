import { sql } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import { row, type Db, type Tx } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { differences } from '../audit/change.ts';
import type { Author } from '../audit/author.ts';
import type { EventDraft } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import type { Client } from './client.ts';
import { documentOf } from './document.ts';
import type { DriftWatch } from './drift.store.ts';
import type { Described } from './metadata.ts';
import type { Verdict } from './review.ts';
import { settleNewcomer } from './review.store.ts';
import { findClient, lockClient } from './store.ts';

/** What is remembered of a document. `fetchedAt` is when its host last gave it. */
export type KeptDocument = {
  document: Record<string, unknown>;
  digest: string;
  source: 'live' | 'pinned';
  fetchedAt: number;
  freshUntil: number;
  failure?: string;
  failedUntil?: number;
};

type DocumentRow = {
  document: Record<string, unknown>;
  digest: string;
  source: 'live' | 'pinned';
  fetched_at: number;
  fresh_until: number;
  failure: string | null;
  failed_until: number | null;
};

export async function findDocument(db: Db, url: string): Promise<KeptDocument | undefined> {
  const found = await row(
    db,
    sql<DocumentRow>`SELECT document, digest, source, fetched_at, fresh_until, failure, failed_until FROM cimd_documents WHERE url = ${url}`,
  );
  if (found === undefined) return undefined;
  return {
    document: found.document,
    digest: found.digest,
    source: found.source,
    fetchedAt: found.fetched_at,
    freshUntil: found.fresh_until,
    ...(found.failure === null ? {} : { failure: found.failure }),
    ...(found.failed_until === null ? {} : { failedUntil: found.failed_until }),
  };
}

/** Notes that a document which is known could not be had: until `failedUntil` nobody asks again. */
export async function noteFailure(db: Db, url: string, failure: string, failedUntil: number): Promise<void> {
  await sql`UPDATE cimd_documents SET failure = ${failure}, failed_until = ${new Date(failedUntil)} WHERE url = ${url}`.execute(db);
}

export type Seen = {
  url: string;
  described: Described;
  source: 'live' | 'pinned';
  status: Client['status'];
  now: number;
  freshUntil: number;
  pinned: Record<string, unknown> | undefined;
  /** Of the review at first sight, or of what it says otherwise now. */
  verdict?: Exclude<Verdict, { kind: 'refused' }> | undefined;
};

/**
 * Saves a document as it was seen. On first sight the client is registered; a document that says something else is a change of the client,
 * with the difference in its entry; the same document only stays fresh longer, and that is no event.
 */
export async function saveDocument(db: Db, audit: Audit, seen: Seen, drift?: DriftWatch): Promise<Client> {
  const document = documentOf(seen.url, seen.described);
  const hash = digest(canonical(document));
  const kept = await findDocument(db, seen.url);
  const client = kept?.digest === hash ? await findClient(db, seen.url) : undefined;
  if (client !== undefined) {
    await sql`UPDATE cimd_documents SET source = ${seen.source}, fetched_at = ${new Date(seen.now)}, fresh_until = ${new Date(seen.freshUntil)}, failure = NULL, failed_until = NULL
      WHERE url = ${seen.url} AND digest = ${hash}`.execute(db);
    return client;
  }
  return audit.commit(async (tx) => {
    const before = await lockClient(tx, seen.url);
    const old = await findDocument(tx, seen.url);
    await upsert(tx, seen, document, hash);
    // Of two nodes that see it first at the same moment, the other's verdict stands.
    const { verdict } = seen;
    const mayStand = before === undefined || verdict?.kind === 'accepted';
    const settled = mayStand && verdict !== undefined ? await settleNewcomer(tx, seen.url, verdict, BY_DOCUMENT) : [];
    const after = await findClient(tx, seen.url);
    if (after === undefined) throw new Error('a client of a document was not saved');
    const drifted = before === undefined ? undefined : await drift?.(tx, { before, after, now: seen.now }, BY_DOCUMENT);
    const value = drifted === undefined ? after : ((await findClient(tx, seen.url)) ?? after);
    const [first, ...rest] = entriesOf(seen, before, old, document);
    const changed = [{ kind: 'client', key: seen.url }, ...(drifted?.changed ?? [])];
    return { value, entries: [first, ...rest, ...settled, ...(drifted?.entries ?? [])], changed };
  });
}

const BY_DOCUMENT: Author = { initiator: 'hub', actor: {}, origin: { request: 'document' } };

function entriesOf(
  seen: Seen,
  before: Client | undefined,
  old: KeptDocument | undefined,
  document: Record<string, unknown>,
): [EventDraft, ...EventDraft[]] {
  const entry = (type: EventDraft['type'], reason: string, data: EventDraft['data']): EventDraft => ({
    type,
    initiator: 'hub',
    actor: { client: seen.url },
    target: { type: 'client', id: seen.url },
    outcome: 'success',
    reason,
    origin: { request: 'document' },
    data: { registrationType: 'cimd', source: seen.source, ...data },
  });
  if (before !== undefined) return [entry('client.changed', 'document_changed', { changes: differences(old?.document ?? {}, document) })];
  const registered = entry('client.registered', 'first_sight', { changes: differences({}, document), status: seen.status });
  const drift = seen.source === 'live' && seen.pinned !== undefined ? differences(seen.pinned, document) : [];
  return drift.length === 0 ? [registered] : [registered, entry('client.changed', 'differs_from_pinned_copy', { changes: drift })];
}

/** Settings that follow from the document: those that it no longer holds go. */
const OWN_WORDS = [
  'alsoPublic',
  'dpopBoundAccessTokens',
  'requirePushedAuthorizationRequests',
  'requireSignedRequestObject',
  'requestObjectSigningAlg',
];

/** State, tags, owner and status are the hub's to say and stay as they are when the document changes. */
async function upsert(tx: Tx, seen: Seen, document: Record<string, unknown>, hash: string): Promise<void> {
  const { name, redirectUris, grants, authMethod, alsoPublic, jwks, jwksUri, metadata, protections } = seen.described;
  const isPublic = authMethod === 'none' || alsoPublic;
  await sql`INSERT INTO clients AS c (id, name, registration_type, status, public, grants, redirect_uris, auth_method, jwks, jwks_uri, metadata, settings, created_at)
    VALUES (${seen.url}, ${name}, 'cimd', ${seen.status}, ${isPublic}, ${grants}, ${redirectUris}, ${authMethod}, ${jwks === undefined ? null : JSON.stringify(jwks)},
      ${jwksUri ?? null}, ${JSON.stringify(metadata)}, ${JSON.stringify({ ...(alsoPublic ? { alsoPublic } : {}), ...protections })}, ${new Date(seen.now)})
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, public = excluded.public, grants = excluded.grants, redirect_uris = excluded.redirect_uris,
      auth_method = excluded.auth_method, jwks = excluded.jwks, jwks_uri = excluded.jwks_uri, metadata = excluded.metadata,
      settings = (c.settings - ${OWN_WORDS}::text[]) || excluded.settings, version = c.version + 1`.execute(tx);
  await sql`INSERT INTO cimd_documents AS d (url, document, digest, source, fetched_at, fresh_until)
    VALUES (${seen.url}, ${JSON.stringify(document)}, ${hash}, ${seen.source}, ${new Date(seen.now)}, ${new Date(seen.freshUntil)})
    ON CONFLICT (url) DO UPDATE SET document = excluded.document, digest = excluded.digest, source = excluded.source, fetched_at = excluded.fetched_at,
      fresh_until = excluded.fresh_until, failure = NULL, failed_until = NULL`.execute(tx);
}
