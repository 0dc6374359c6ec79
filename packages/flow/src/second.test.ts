import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorizeFlow, initialState, step } from './index.ts';
import type { Effect, First, FlowEvent, FlowState, Proof } from './index.ts';

const NOW = 1_800_000_000_000;
const proof: Proof = { userId: 'ann', sessionId: 'ses_1', authTime: NOW - 60_000, amr: ['pwd'], acr: '1' };
const both: Proof = { ...proof, sessionId: 'ses_2', amr: ['pwd', 'otp', 'mfa'], acr: '2' };
const first: First = { userId: 'ann', amr: ['pwd'], at: NOW };
const begin = (): FlowState => initialState('identify', { silent: false, login: false, consent: false, chooseAccount: false });

function play(events: readonly FlowEvent[], state = begin()): { state: FlowState; effect: Effect } {
  let current = state;
  let effect: Effect = { kind: 'misplaced' };
  for (const event of events) {
    const next = step(authorizeFlow, current, event, NOW);
    current = next.state;
    [effect] = next.effects;
  }
  return { state: current, effect };
}

const nobody: FlowEvent = { kind: 'arrived' };
const here: FlowEvent = { kind: 'arrived', proof };
const firstProven: FlowEvent = { kind: 'firstProven', first, mode: 'second' };
const oneTenant: FlowEvent = { kind: 'tenantsFound', tenants: ['acme'], required: true };
const stepUp: FlowEvent = { kind: 'consentJudged', verdict: 'stepUp', mode: 'second', notice: 'step_up_second' };
const skipped: FlowEvent = { kind: 'secondSkipped' };

describe('a first factor that waits for its second', () => {
  it('shows the page of the second, also when the page is loaded again', () => {
    expect(play([nobody, firstProven]).effect).toMatchObject({ kind: 'show', screen: 'second' });
    expect(play([nobody, firstProven, nobody]).effect).toMatchObject({ kind: 'show', screen: 'second' });
  });

  it('cannot be skipped, nor be taken for a sign-in', () => {
    const waiting = play([nobody, firstProven]).state;
    const deeds: FlowEvent[] = [skipped, { kind: 'recoveryKept' }, { kind: 'accountKept' }, oneTenant];
    for (const event of deeds) expect(step(authorizeFlow, waiting, event, NOW).effects).toEqual([{ kind: 'misplaced' }]);
  });

  it('is forgotten when somebody else is signed in meanwhile, or starts over', () => {
    const taken = play([nobody, firstProven, here]).state;
    expect(taken).toMatchObject({ at: 'tenant', mode: 'password', proof });
    expect(taken.first).toBeUndefined();
    const over = play([nobody, firstProven, { kind: 'startOver' }]);
    expect(over).toMatchObject({ effect: { screen: 'sign_in' } });
    expect(over.state.first).toBeUndefined();
  });

  it('goes on once both are shown', () => {
    const done = play([nobody, firstProven, { kind: 'signedIn', proof: both }]);
    expect(done).toMatchObject({ effect: { kind: 'findTenants' }, state: { proof: both } });
    expect(done.state.first).toBeUndefined();
  });
});

describe('a second factor that is asked for on the way', () => {
  it('is asked for once, with the tenant kept; who cannot goes on without', () => {
    const asked = play([here, oneTenant, stepUp]);
    expect(asked).toMatchObject({ effect: { screen: 'second' }, state: { tenant: 'acme', steppedUp: true } });
    expect(play([skipped], asked.state)).toMatchObject({ effect: { kind: 'judgeConsent' }, state: { tenant: 'acme', proof } });
  });

  it('is not remembered as asked for when only a fresh sign-in was', () => {
    const again: FlowEvent = { kind: 'consentJudged', verdict: 'stepUp', notice: 'step_up_fresh', again: true };
    const asked = play([here, oneTenant, again]);
    expect(asked.effect).toMatchObject({ screen: 'sign_in' });
    expect(asked.state.steppedUp).toBeUndefined();
  });

  it('that was set up shows its recovery codes first', () => {
    const enrol: FlowEvent = { kind: 'consentJudged', verdict: 'stepUp', mode: 'enrol', notice: 'step_up_enrol' };
    const shown = play([here, oneTenant, enrol, { kind: 'signedIn', proof: both, mode: 'recovery' }]);
    expect(shown.effect).toMatchObject({ screen: 'recovery' });
    expect(play([{ kind: 'arrived', proof: both }], shown.state).effect).toMatchObject({ screen: 'recovery' });
    expect(play([{ kind: 'recoveryKept' }], shown.state).effect).toMatchObject({ kind: 'judgeConsent' });
  });
});

it('whatever a person without a session sends, nothing but a sign-in gets past the second factor', () => {
  const deeds = fc.constantFrom<FlowEvent>(
    nobody,
    firstProven,
    skipped,
    stepUp,
    oneTenant,
    { kind: 'recoveryKept' },
    { kind: 'accountKept' },
    { kind: 'startOver' },
    { kind: 'modeChosen', mode: 'code' },
    { kind: 'notSignedIn', notice: 'wrong_second' },
    { kind: 'tenantChosen', tenant: 'acme', known: true },
    { kind: 'allowed', approval: { scopes: ['a'], identityScopes: [], persistent: false, how: 'asked' } },
  );
  fc.assert(
    fc.property(fc.array(deeds, { maxLength: 12 }), (events) => {
      const { state, effect } = play([nobody, ...events]);
      return state.proof === undefined && !['finish', 'judgeConsent', 'findTenants'].includes(effect.kind);
    }),
  );
});
