import type { Tx } from '../../base/db.ts';
import type { EventOrigin } from '../audit/event.ts';
import type { Client } from './client.ts';
import type { RegistrationFault } from './registration.ts';

/** A client that registers itself, or changes its registration, before anything of that is kept. */
export type Applicant = Pick<Client, 'id' | 'name' | 'registrationType' | 'status' | 'redirectUris' | 'tags'> & { origin: EventOrigin };

/** What the hub says of a client that was let in, in its own words. Absent members stay as they are. */
export type Enrichment = { tags?: readonly string[]; owner?: string; scopes?: readonly string[] };

/** The last review's word, and what of it is the administrator's by now. `tags` holds those too that an administrator took away. */
export type Reviewed = Enrichment & { administrators?: readonly ('owner' | 'scopes')[] };

type Said = { tags: readonly string[]; owner: string | null; scopes: readonly string[] | null };

/**
 * What a client is that was reviewed again, because it says other things of itself. What the review of before gave goes with what it was given for,
 * or a client would be let in as one and go on as another; what an administrator has said since stays, or a client would be rid of it by
 * writing its name anew.
 */
export function reviewedAnew(
  client: Pick<Client, 'tags' | 'owner' | 'scopes'>,
  before: Reviewed,
  given: Enrichment,
): { patch: Said; reviewed: Reviewed } {
  const { tags = [], owner, scopes } = given;
  const gave = before.tags ?? [];
  const takenAway = gave.filter((tag) => !client.tags.includes(tag));
  const administrators = [
    ...(client.owner === before.owner ? [] : ['owner' as const]),
    ...(JSON.stringify(client.scopes) === JSON.stringify(before.scopes) ? [] : ['scopes' as const]),
    ...(before.administrators ?? []),
  ];
  const own = client.tags.filter((tag) => !gave.includes(tag));
  return {
    patch: {
      tags: [...new Set([...own, ...tags.filter((tag) => !takenAway.includes(tag))])],
      owner: (administrators.includes('owner') ? client.owner : owner) ?? null,
      scopes: (administrators.includes('scopes') ? client.scopes : scopes) ?? null,
    },
    reviewed: { ...given, tags: [...new Set([...tags, ...takenAway])], administrators: [...new Set(administrators)] },
  };
}

/**
 * `pending`: people were asked; the client is kept without standing until they have answered. `keep` puts away, in the transaction that keeps the
 * client, what has to go on then. `message` is for whoever runs the client, `reason` for auditors; `later`: it may come again.
 */
export type Verdict =
  | { kind: 'accepted'; enrich: Enrichment }
  | { kind: 'refused'; reason: string; message: string; later: boolean }
  | { kind: 'pending'; keep(tx: Tx): Promise<void> };

/** Decides whether a client may register. Not within a transaction: it may ask others. */
export type Review = (of: Applicant) => Promise<Verdict>;

/** The refusal as RFC 7591 §3.2.2 tells it, with the sentence of whoever drew the review. */
export function reviewFault({ reason, message, later }: Extract<Verdict, { kind: 'refused' }>): RegistrationFault {
  const words = { description: message, reason: `review: ${reason}` };
  return later
    ? { status: 503, error: 'temporarily_unavailable', retryAfter: 60, ...words }
    : { status: 400, error: 'invalid_client_metadata', ...words };
}
