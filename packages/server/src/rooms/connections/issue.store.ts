import type { BatchLane } from '../../base/group.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { EventDraft } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import type { CredentialState } from './credential.ts';
import { refusedEntry } from './hand-out-entry.ts';
import { CREDENTIAL_GONE, CREDENTIAL_LOCKED, type HandOutRefusal } from './hand-out-refusal.ts';
import type { HandedOut } from './hand-out.store.ts';
import type { HandOutAsk } from './hand-out.ts';

/** What stands in the row at the last moment; undefined: it is gone. */
type Standing = CredentialState | undefined;

/**
 * Held until the entry is durable: who locks or removes the account waits for what is being handed out, or is seen here. So nothing is handed out after
 * that was acknowledged, on whichever node, and the record has it in the order in which it was.
 */
const STANDING: BatchLane<string, Standing> = {
  name: 'credentials-standing',
  async run(client, ids) {
    const text = 'SELECT id, state FROM credentials WHERE id = ANY($1::text[]) ORDER BY id FOR SHARE';
    const found = await client.query<{ id: string; state: CredentialState }>({
      name: 'credentials-standing',
      text,
      values: [[...new Set(ids)]],
    });
    const states = new Map(found.rows.map(({ id, state }) => [id, state]));
    return ids.map((id) => states.get(id));
  },
};

/** Records a hand-out, or its refusal where the account went meanwhile. Durable when it resolves. */
export type Issuing = (ask: HandOutAsk, of: { handed: HandedOut; entry: EventDraft }) => Promise<Result<HandedOut, HandOutRefusal>>;

export function createIssuing({ through }: Pick<Audit, 'through'>): Issuing {
  return async (ask, { handed, entry }) => {
    const { credential } = handed;
    const why = (standing: Standing): HandOutRefusal | undefined =>
      standing === 'active' ? undefined : standing === 'locked' ? CREDENTIAL_LOCKED : CREDENTIAL_GONE;
    const standing = await through(STANDING, credential.id, (found) => {
      const refusal = why(found);
      return refusal === undefined
        ? entry
        : refusedEntry(ask, refusal, { credential, ...(entry.decision === undefined ? {} : { decision: entry.decision }) });
    });
    const refusal = why(standing);
    return refusal === undefined ? ok(handed) : fail(refusal);
  };
}
