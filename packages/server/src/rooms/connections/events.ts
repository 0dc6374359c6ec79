import type { Author } from '../audit/author.ts';
import type { EventDraft, EventType } from '../audit/event.ts';
import { ownerWords, type Credential } from './credential.ts';

/** What any entry about a credential says of it. Its secret is never part of it. */
export function credentialFacts({ connection, owner, label, kind }: Credential): {
  connection: string;
  kind: string;
  label: string;
  owner: string;
} {
  return { connection, kind, label, owner: ownerWords(owner) };
}

/** An entry about one credential, in the chain of its owner's tenant. */
export function credentialEntry(
  type: Extract<EventType, `credential.${string}`>,
  credential: Credential,
  of: { by: Author; outcome?: EventDraft['outcome']; reason?: string; data?: EventDraft['data'] },
): EventDraft {
  const { by, outcome = 'success', reason, data = {} } = of;
  return {
    tenant: credential.owner.tenant,
    type,
    initiator: by.initiator,
    actor: by.actor,
    target: { type: 'credential', id: credential.id },
    outcome,
    ...(reason === undefined ? {} : { reason }),
    origin: by.origin,
    data: { ...credentialFacts(credential), ...data },
  };
}

export function credentialStored(credential: Credential, deed: 'created' | 'changed', by: Author): EventDraft {
  const { granted, asked, origin } = credential;
  return credentialEntry('credential.stored', credential, { by, data: { deed, origin, granted, asked } });
}
