import { describe, expect, it } from 'vitest';
import { authorizeFlow, initialState, signInFlow, step, validateFlow } from './index.ts';
import type { Approval, Ask, Effect, Flow, FlowEvent, FlowState, Proof } from './index.ts';

const NOW = 1_800_000_000_000;
const proof: Proof = { userId: 'ann', sessionId: 'ses_1', authTime: NOW - 60_000, amr: ['pwd'], acr: '1' };
const approval: Approval = { scopes: ['a'], identityScopes: [], persistent: true, how: 'asked' };

function begin(changes: Partial<Ask> = {}, flow: Flow = authorizeFlow): FlowState {
  return initialState(flow.start, { silent: false, login: false, consent: false, chooseAccount: false, ...changes });
}

/** Feeds events one after the other and hands back the state and the last effect. */
function play(state: FlowState, events: readonly FlowEvent[], flow: Flow = authorizeFlow): { state: FlowState; effect: Effect } {
  let current = state;
  let effect: Effect = { kind: 'misplaced' };
  for (const event of events) {
    const next = step(flow, current, event, NOW);
    current = next.state;
    [effect] = next.effects;
  }
  return { state: current, effect };
}

const arrived: FlowEvent = { kind: 'arrived', proof };
const oneTenant: FlowEvent = { kind: 'tenantsFound', tenants: ['acme'], required: true };
const twoTenants: FlowEvent = { kind: 'tenantsFound', tenants: ['acme', 'globex'], required: true };
const mustAsk: FlowEvent = { kind: 'consentJudged', verdict: 'ask' };

describe('the built-in flows', () => {
  it.each([authorizeFlow, signInFlow])('are graphs without a fault', (flow) => expect(validateFlow(flow)).toEqual([]));

  it('are found faulty when an edge leads nowhere, a node is unreachable or nothing completes', () => {
    const broken: Flow = { id: 'x', version: 1, start: 'a', nodes: { a: { kind: 'identify', next: 'gone' }, b: { kind: 'complete' } } };
    expect(validateFlow(broken)).toEqual(['no node "gone"', 'nothing leads to "b"', 'no way to complete']);
  });
});

describe('the authorization flow', () => {
  it('walks a stranger through sign-in, tenant and consent to completion', () => {
    expect(play(begin(), [{ kind: 'arrived' }]).effect).toEqual({ kind: 'show', screen: 'sign_in', methods: ['password', 'email_code'] });
    const signedIn = play(begin(), [{ kind: 'arrived' }, { kind: 'signedIn', proof }]);
    expect(signedIn.effect).toEqual({ kind: 'findTenants', userId: 'ann' });
    expect(play(signedIn.state, [twoTenants]).effect).toMatchObject({ kind: 'show', screen: 'tenant' });
    const chosen = play(signedIn.state, [twoTenants, { kind: 'tenantChosen', tenant: 'globex', known: true }]);
    expect(chosen).toMatchObject({ effect: { kind: 'judgeConsent' }, state: { tenant: 'globex' } });
    expect(play(chosen.state, [mustAsk]).effect).toMatchObject({ kind: 'show', screen: 'consent' });
    expect(play(chosen.state, [mustAsk, { kind: 'allowed', approval }])).toMatchObject({
      effect: { kind: 'finish', proof },
      state: { approval },
    });
  });

  it('passes through without a page when session, tenant and consent are settled', () => {
    const settled: FlowEvent = { kind: 'consentJudged', verdict: 'settled', approval: { ...approval, how: 'remembered' } };
    expect(play(begin(), [arrived, oneTenant, settled]).effect).toEqual({ kind: 'finish', proof });
  });

  it('takes a user without a tenant straight to consent', () => {
    expect(play(begin(), [arrived, { kind: 'tenantsFound', tenants: [], required: false }])).toMatchObject({
      effect: { kind: 'judgeConsent' },
    });
  });

  it('does not let a user of frozen tenants, or of none that the client may act in, go on without a tenant', () => {
    const denied = play(begin(), [arrived, { kind: 'tenantsFound', tenants: [], required: true }]);
    expect(denied).toMatchObject({ effect: { screen: 'denied' }, state: { denial: { reason: 'no_tenant' } } });
  });

  it.each<[string, Partial<Ask>, FlowEvent[], string]>([
    ['nobody is signed in', {}, [{ kind: 'arrived' }], 'login_required'],
    ['the session is older than max_age', { maxAge: 59 }, [arrived], 'login_required'],
    ['the account must be chosen', { chooseAccount: true }, [arrived], 'account_selection_required'],
    ['a tenant must be chosen', {}, [arrived, twoTenants], 'interaction_required'],
    ['consent is missing', {}, [arrived, oneTenant, mustAsk], 'consent_required'],
    ['nothing may be allowed', {}, [arrived, oneTenant, { kind: 'consentJudged', verdict: 'nothing', reason: 'policy' }], 'access_denied'],
    ["the tenant asked for is not the user's", { tenant: 'initech' }, [arrived, twoTenants], 'access_denied'],
  ])('answers prompt=none with an error when %s', (_, ask, events, error) => {
    expect(play(begin({ silent: true, ...ask }), events).effect).toMatchObject({ kind: 'refuse', denial: { error } });
  });

  it.each<[string, Partial<Ask>]>([
    ['prompt=login', { login: true }],
    ['max_age shorter than the session', { maxAge: 59 }],
    ['max_age=0', { maxAge: 0 }],
  ])('asks a signed-in user to sign in again for %s, once', (_, ask) => {
    const first = play(begin(ask), [arrived]);
    expect(first.effect).toMatchObject({ kind: 'show', screen: 'sign_in' });
    expect(play(first.state, [{ kind: 'signedIn', proof }]).effect).toMatchObject({ kind: 'findTenants' });
    expect(play(first.state, [{ kind: 'signedIn', proof }, arrived]).effect).toMatchObject({ kind: 'findTenants' });
  });

  it('shows the sentence of a denial before the client hears of it', () => {
    const denied = play(begin({ tenant: 'initech' }), [arrived, twoTenants]);
    expect(denied.effect).toMatchObject({ kind: 'show', screen: 'denied' });
    expect(play(denied.state, [arrived]).effect).toMatchObject({ kind: 'show', screen: 'denied' });
    expect(play(denied.state, [{ kind: 'allowed', approval }]).effect).toEqual({ kind: 'misplaced' });
    expect(play(denied.state, [{ kind: 'acknowledged' }]).effect).toMatchObject({
      kind: 'refuse',
      denial: { error: 'access_denied', reason: 'not_in_tenant' },
    });
  });

  it('forgets tenant and approval when another account turns up', () => {
    const chosen = play(begin(), [arrived, twoTenants, { kind: 'tenantChosen', tenant: 'acme', known: true }, mustAsk]);
    const other = play(chosen.state, [{ kind: 'arrived', proof: { ...proof, userId: 'bob', sessionId: 'ses_2' } }]);
    expect(other.effect).toEqual({ kind: 'findTenants', userId: 'bob' });
    expect(other.state).not.toHaveProperty('tenant');
    const gone = play(chosen.state, [{ kind: 'arrived' }]);
    expect(gone).toMatchObject({ effect: { screen: 'sign_in' }, state: { notice: 'session_ended' } });
    expect(gone.state).not.toHaveProperty('proof');
  });

  it('starts over with a clean slate for "use another account"', () => {
    const asked = play(begin(), [arrived, oneTenant, mustAsk, { kind: 'startOver' }]);
    expect(asked).toMatchObject({ effect: { screen: 'sign_in' }, state: { at: 'authenticate' } });
    for (const settled of ['proof', 'tenant', 'email']) expect(asked.state).not.toHaveProperty(settled);
    expect(play(asked.state, [arrived]).effect).toMatchObject({ screen: 'sign_in' });
    expect(play(asked.state, [{ kind: 'arrived', proof: { ...proof, sessionId: 'ses_2' } }]).effect).toMatchObject({ kind: 'findTenants' });
  });

  it('asks once for another sign-in when that would open more, and keeps the tenant for the same person only', () => {
    const chosen = play(begin(), [arrived, twoTenants, { kind: 'tenantChosen', tenant: 'globex', known: true }]);
    const again: FlowEvent = { kind: 'consentJudged', verdict: 'stepUp', notice: 'step_up_code', email: 'ann@acme.test' };
    const asked = play(chosen.state, [again]);
    expect(asked).toMatchObject({
      effect: { kind: 'show', screen: 'sign_in' },
      state: { at: 'authenticate', notice: 'step_up_code', email: 'ann@acme.test', steppedUp: true },
    });
    expect(play(asked.state, [arrived]).effect).toMatchObject({ screen: 'sign_in' });
    const stronger = { ...proof, sessionId: 'ses_2', amr: ['otp'] };
    expect(play(asked.state, [{ kind: 'signedIn', proof: stronger }])).toMatchObject({
      effect: { kind: 'judgeConsent' },
      state: { tenant: 'globex', steppedUp: true },
    });
    const other = play(asked.state, [{ kind: 'signedIn', proof: { ...stronger, userId: 'bob' } }]);
    expect(other.effect).toEqual({ kind: 'findTenants', userId: 'bob' });
    expect(other.state).not.toHaveProperty('steppedUp');
  });

  it('hands on the word with which nothing can be allowed', () => {
    const nothing: FlowEvent = {
      kind: 'consentJudged',
      verdict: 'nothing',
      reason: 'step_up_required',
      error: 'unmet_authentication_requirements',
    };
    expect(play(begin(), [arrived, oneTenant, nothing, { kind: 'acknowledged' }]).effect).toMatchObject({
      kind: 'refuse',
      denial: { error: 'unmet_authentication_requirements', reason: 'step_up_required' },
    });
  });

  it('does not move for an event of another page', () => {
    const events: FlowEvent[] = [
      { kind: 'allowed', approval },
      { kind: 'tenantChosen', tenant: 'acme', known: true },
      { kind: 'accountKept' },
      { kind: 'acknowledged' },
      mustAsk,
    ];
    const signIn = play(begin(), [{ kind: 'arrived' }]).state;
    for (const event of events)
      expect(step(authorizeFlow, signIn, event, NOW)).toEqual({ state: signIn, effects: [{ kind: 'misplaced' }] });
  });

  it('never finishes without a proof, whatever order a graph is drawn in', () => {
    const upsideDown: Flow = { id: 'x', version: 1, start: 'complete', nodes: { complete: { kind: 'complete' } } };
    expect(play(begin({}, upsideDown), [{ kind: 'arrived' }], upsideDown).effect).toMatchObject({
      kind: 'refuse',
      denial: { reason: 'not_authenticated' },
    });
  });

  it('keeps the code page until the code is right or the user wants another way', () => {
    const sent = play(begin(), [{ kind: 'arrived' }, { kind: 'modeChosen', mode: 'code', email: 'ann@acme.test' }]);
    expect(sent).toMatchObject({ effect: { screen: 'code' }, state: { email: 'ann@acme.test' } });
    expect(play(sent.state, [{ kind: 'notSignedIn', notice: 'wrong_code' }])).toMatchObject({
      effect: { screen: 'code' },
      state: { notice: 'wrong_code' },
    });
    expect(play(sent.state, [{ kind: 'arrived' }]).effect).toMatchObject({ screen: 'code' });
    expect(play(sent.state, [{ kind: 'modeChosen', mode: 'password' }])).toMatchObject({
      effect: { screen: 'sign_in' },
      state: { email: 'ann@acme.test' },
    });
  });
});

describe('the sign-in flow', () => {
  it('completes at once for a browser that is signed in, and after the proof for one that is not', () => {
    expect(play(begin({}, signInFlow), [arrived], signInFlow).effect).toEqual({ kind: 'finish', proof });
    expect(play(begin({}, signInFlow), [{ kind: 'arrived' }, { kind: 'signedIn', proof }], signInFlow).effect).toEqual({
      kind: 'finish',
      proof,
    });
  });
});
