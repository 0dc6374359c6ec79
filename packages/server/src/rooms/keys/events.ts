import type { Author } from '../audit/author.ts';
import type { EventDraft } from '../audit/event.ts';
import type { SigningAlg } from './key.ts';

/** What happened to a key. `created` also names the pair that a hub or an algorithm begins with. */
export type KeyDeed = 'created' | 'rotated' | 'purged';

/** The entry for keys made, put to use or forgotten: of one algorithm, by kid. `target` is the key that signs from now on, or that is gone. */
export function keyRotated(of: {
  deed: KeyDeed;
  kid: string;
  alg: SigningAlg;
  retired?: string | undefined;
  next?: string | undefined;
  forced?: boolean;
  by: Author;
}): EventDraft {
  const { deed, alg, retired, next, forced } = of;
  const data = {
    deed,
    alg,
    ...(retired === undefined ? {} : { retired }),
    ...(next === undefined ? {} : { next }),
    ...(forced === true ? { forced } : {}),
  };
  return { type: 'key.rotated', ...authored(of.by), target: { type: 'key', id: of.kid }, outcome: 'success', data };
}

/** The entry for a key given up as compromised. `next`: the key that signs instead, where it was the active one. */
export function keyRevoked(of: {
  kid: string;
  alg: SigningAlg;
  was: string;
  next?: string | undefined;
  by: Author;
  reason: string;
}): EventDraft {
  const data = { alg: of.alg, was: of.was, ...(of.next === undefined ? {} : { next: of.next }) };
  return { type: 'key.revoked', ...authored(of.by), target: { type: 'key', id: of.kid }, outcome: 'success', reason: of.reason, data };
}

function authored({ initiator, actor, origin }: Author): Pick<EventDraft, 'initiator' | 'actor' | 'origin'> {
  return { initiator, actor, origin };
}
