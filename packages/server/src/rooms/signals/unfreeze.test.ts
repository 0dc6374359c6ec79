import { describe, expect, it } from 'vitest';
import { handOf, mayConfirm, partyOf, type Hand } from './unfreeze.ts';

const FROZEN_AT = 1_000;
const session = (user: string, madeBy?: readonly string[]): Hand =>
  handOf(
    { kind: 'session', id: user, user, client: 'writ-console', ...(madeBy === undefined ? {} : { madeBy }) },
    { user: { createdAt: 0 } },
  );
const asked = (hand: Hand) => ({ parties: hand.parties });

describe('who may confirm what another person asked', () => {
  it('is another person who was there before the freeze', () => {
    expect(mayConfirm(asked(session('ann')), session('bob'), FROZEN_AT)).toBeUndefined();
  });

  it('is never who asked, by whichever session, token or client of theirs', () => {
    const byToken = handOf({ kind: 'token', id: 'ann', user: 'ann', client: 'writ-cli' }, { user: { createdAt: 0 } });
    const byClient = handOf({ kind: 'token', id: 'robot', client: 'robot' }, { client: { owner: 'ann', createdAt: 0 } });
    for (const [first, second] of [
      [session('ann'), session('ann')],
      [session('ann'), byToken],
      [byToken, session('ann')],
      [session('ann'), byClient],
      [byClient, session('ann')],
      [byClient, byClient],
    ] as const)
      expect(mayConfirm(asked(first), second, FROZEN_AT)).toBe('same_person');
  });

  it('is not who came by a link that who asked had made, nor two who came by links of one hand', () => {
    expect(mayConfirm(asked(session('ann')), session('bob', ['user:ann']), FROZEN_AT)).toBe('same_person');
    expect(mayConfirm(asked(session('bob', ['user:ann'])), session('ann'), FROZEN_AT)).toBe('same_person');
    expect(mayConfirm(asked(session('ann', ['hub'])), session('bob', ['hub']), FROZEN_AT)).toBe('same_person');
    expect(mayConfirm(asked(session('ann', ['hub'])), session('bob', ['user:carl', 'hub']), FROZEN_AT)).toBe('same_person');
    expect(mayConfirm(asked(session('ann', ['hub'])), session('bob'), FROZEN_AT)).toBeUndefined();
  });

  it('is no account that was made after the freeze, nor one that nobody knows', () => {
    const young = handOf({ kind: 'session', id: 'bob', user: 'bob' }, { user: { createdAt: FROZEN_AT + 1 } });
    const nobody = handOf({ kind: 'token', id: 'gone', client: 'gone' }, {});
    expect(mayConfirm(asked(session('ann')), young, FROZEN_AT)).toBe('made_since');
    expect(mayConfirm(asked(session('ann')), nobody, FROZEN_AT)).toBe('made_since');
  });

  it('is always the admin token of the environment: the glass to be broken', () => {
    const glass = handOf({ kind: 'admin-token', id: 'writ:admin-token' }, {});
    expect(glass.breakGlass).toBe(true);
    expect(mayConfirm(asked(glass), glass, FROZEN_AT)).toBeUndefined();
  });

  it('names whoever makes a link as it names who asks', () => {
    expect([partyOf({ user: 'ann', client: 'writ-console' }), partyOf({ client: 'writ:admin-token' }), partyOf({})]).toEqual([
      'user:ann',
      'client:writ:admin-token',
      'hub',
    ]);
  });
});
