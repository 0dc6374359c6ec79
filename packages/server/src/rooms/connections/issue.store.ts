import { sql } from 'kysely';
import { row } from '../../base/db.ts';
import type { BatchLane } from '../../base/group.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { EventDraft } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import type { CredentialState } from './credential.ts';
import { refusedEntry } from './hand-out-entry.ts';
import { CREDENTIAL_GONE, CREDENTIAL_LOCKED, type HandOutRefusal } from './hand-out-refusal.ts';
import type { HandedOut } from './hand-out.store.ts';
import type { HandOutAsk } from './hand-out.ts';

/** What stands in the row at the last moment. `busy`: somebody holds it just now. */
type Standing = CredentialState | 'gone' | 'busy';

/**
 * Held until the entry is durable: who locks or removes the account waits for what is being handed out, or is seen here. So nothing is handed out after
 * that was acknowledged, on whichever node, and the record has it in the order in which it was. A row that somebody else holds is not waited for: the
 * entries of everybody would wait with it.
 */
const STANDING: BatchLane<string, Standing> = {
  name: 'credentials-standing',
  async run(client, ids) {
    const text = `SELECT c.id, l.state FROM credentials c
      LEFT JOIN (SELECT id, state FROM credentials WHERE id = ANY($1::text[]) FOR SHARE SKIP LOCKED) l ON l.id = c.id WHERE c.id = ANY($1::text[])`;
    const values = [[...new Set(ids)]];
    const found = await client.query<{ id: string; state: CredentialState | null }>({ name: 'credentials-standing', text, values });
    const states = new Map(found.rows.map(({ id, state }): [string, Standing] => [id, state ?? 'busy']));
    return ids.map((id) => states.get(id) ?? 'gone');
  },
};

/** Records a hand-out, or its refusal where the account went meanwhile. Durable when it resolves. */
export type Issuing = (ask: HandOutAsk, of: { handed: HandedOut; entry: EventDraft }) => Promise<Result<HandedOut, HandOutRefusal>>;

export function createIssuing({ through, commit }: Pick<Audit, 'through' | 'commit'>): Issuing {
  return async (ask, { handed, entry }) => {
    const { credential } = handed;
    const entryFor = (standing: Exclude<Standing, 'busy'>): EventDraft => {
      const why = refusalFor(standing);
      const decision = entry.decision === undefined ? {} : { decision: entry.decision };
      return why === undefined ? entry : refusedEntry(ask, why, { credential, ...decision });
    };
    const seen = await through(STANDING, credential.id, (found) => (found === 'busy' ? undefined : entryFor(found)));
    const standing = seen !== 'busy' ? seen : await waited(commit, credential.id, entryFor);
    const refusal = refusalFor(standing);
    return refusal === undefined ? ok(handed) : fail(refusal);
  };
}

/** By itself, with its own connection: whoever holds the row is done soon (a renewal, a rotation, an upload). */
function waited(
  commit: Audit['commit'],
  id: string,
  entryFor: (standing: Exclude<Standing, 'busy'>) => EventDraft,
): Promise<Exclude<Standing, 'busy'>> {
  return commit(async (tx) => {
    const found = await row(tx, sql<{ state: CredentialState }>`SELECT state FROM credentials WHERE id = ${id} FOR SHARE`);
    const value = found?.state ?? 'gone';
    return { value, entries: [entryFor(value)] };
  });
}

function refusalFor(standing: Exclude<Standing, 'busy'>): HandOutRefusal | undefined {
  if (standing === 'active') return undefined;
  return standing === 'locked' ? CREDENTIAL_LOCKED : CREDENTIAL_GONE;
}
