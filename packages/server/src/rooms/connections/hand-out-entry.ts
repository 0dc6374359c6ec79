import type { EventData, EventDraft } from '../audit/event.ts';
import { ownerWords, type Credential } from './credential.ts';
import type { HandOutAsk } from './hand-out.ts';
import type { HandOutRefusal } from './hand-out-refusal.ts';

/** What is known of a hand-out by the time it is recorded. Nothing here ever holds a secret. */
export type HandOutFacts = {
  /** Owners whose credentials were looked for, in order; the last one had it, when one did. */
  tried?: readonly string[];
  credential?: Credential;
  scopes?: readonly string[];
  conveys?: readonly string[];
  decision?: string;
  evidence?: EventData;
};

export function issuedEntry(ask: HandOutAsk, of: Required<Pick<HandOutFacts, 'decision'>> & HandOutFacts): EventDraft {
  return { ...common(ask, of), type: 'credential.issued', outcome: 'success', decision: of.decision };
}

export function refusedEntry(ask: HandOutAsk, why: HandOutRefusal, of: HandOutFacts): EventDraft {
  const entry = common(ask, { ...of, evidence: why.evidence ?? of.evidence });
  return {
    ...entry,
    type: 'credential.refused',
    outcome: 'refused',
    reason: why.reason,
    decision: why.decision ?? of.decision,
    data: { ...entry.data, error: why.error, asked: ask.scopes?.slice(0, 50) },
  };
}

type Common = Pick<EventDraft, 'tenant' | 'initiator' | 'actor' | 'target' | 'txn' | 'origin'> & { data: EventData };

function common(
  ask: HandOutAsk,
  { tried, credential, scopes, conveys, evidence }: HandOutFacts & { evidence?: EventData | undefined },
): Common {
  const { user, tenant, agent, client, actors, parent } = ask;
  return {
    tenant: tenant?.id,
    initiator: user === undefined ? 'agent' : 'agent-for-human',
    actor: { user: user?.id, agent: agent.id, client: client.id, ...(actors.length === 0 ? {} : { chain: actors.map(({ sub }) => sub) }) },
    target: { type: 'connection', id: ask.connection },
    txn: ask.txn,
    origin: ask.origin,
    // Names in the order of the canonical text: then it is written three times as fast (base/canonical.ts).
    data: {
      account: credential === undefined || credential.label === '' ? undefined : credential.label,
      // What it can do beyond what was asked: whoever has it can do that too.
      conveys: conveys === undefined || conveys.length === 0 ? undefined : conveys.slice(0, 50),
      credential: credential?.id,
      expiresAt: credential?.expiresAt,
      forced: ask.force ? true : undefined,
      kind: credential?.kind,
      label: ask.label,
      owner: credential && ownerWords(credential.owner),
      parent: { audience: parent.audience, client: parent.client, jti: parent.jti },
      policy: evidence,
      scopes,
      tried,
      way: ask.way,
    },
  };
}
