import { fail, ok } from '../../../base/result.ts';
import { commitDeed, type Done } from '../../audit/deed.store.ts';
import type { Audit } from '../../audit/store.ts';
import { setAttributes } from '../../users/attributes.store.ts';
import type { AnswerOf, EffectOf, Standing } from '../world.ts';
import { takeDeed } from './deeds.store.ts';
import { flowNoted } from './noted.ts';
import { authorOf, wholePersonOf } from './whose.ts';

type Answer = AnswerOf<'done' | 'failed'>;

/** Sets attributes of the person whose journey it is, and of nobody else. */
export async function updateUser({ audit }: { audit: Audit }, of: EffectOf<'updateUser'>, at: Standing): Promise<Answer> {
  if (wholePersonOf(at) !== of.userId) return { kind: 'failed', reason: 'another_person' };
  const done = await commitDeed<Done, string>(audit, async (tx) => {
    if (!(await takeDeed(tx, { journeyId: at.journey.id, key: of.key }, 'updateUser', at.now))) return ok(NOTHING);
    const set = await setAttributes(tx, of.userId, of.attributes, authorOf(at));
    return set.ok ? ok(set.value) : fail(`attributes_${set.error}`);
  });
  return done.ok ? { kind: 'done' } : { kind: 'failed', reason: done.error };
}

/** Writes an entry of the author's own into the record. */
export async function recordEvent({ audit }: { audit: Audit }, of: EffectOf<'recordEvent'>, at: Standing): Promise<Answer> {
  await commitDeed<Done, never>(audit, async (tx) => {
    const first = await takeDeed(tx, { journeyId: at.journey.id, key: of.key }, 'recordEvent', at.now);
    return ok(first ? { entries: [flowNoted(of, at)], changed: [] } : NOTHING);
  });
  return { kind: 'done' };
}

const NOTHING: Done = { entries: [], changed: [] };
