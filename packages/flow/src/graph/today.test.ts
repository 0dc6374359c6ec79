import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorizeFlow, signInFlow, type Flow } from '../flow.ts';
import { initialState, type Approval, type Ask, type FlowEvent, type FlowState, type Step } from '../state.ts';
import { step } from '../step.ts';
import { advance, type JourneyStep } from './advance.ts';
import { BUILT_IN_FLOWS } from './built-in.ts';
import type { CompiledFlow } from './compile.ts';
import type { Arrived, JourneyEvent, NodeEvent } from './event.ts';
import { ACME, ANN, ANN_PROOF, ANN_STRONG, ASK, BOB, BOB_PROOF, compiled, fresh, GLOBEX, NOW } from './play.suite.ts';
import type { JourneyState } from './state.ts';

/** The fixed journey and the built-in graph are the same journey: whatever people do, both show, ask and refuse the same. */

type Old = { state: FlowState; step?: Step };
/** `step`: the last that was not misplaced, which is what the person sees. */
type New = { state: JourneyState; step?: JourneyStep | undefined };
/** One thing that happens, in the words of both. */
type Happening = { old: FlowEvent; new: NodeEvent | Arrived };

const OLD_ANN = { ...ANN_PROOF, sessionId: 'ses_old', authTime: NOW - 3_600_000 };
const proofs = fc.constantFrom(ANN_PROOF, ANN_STRONG, OLD_ANN, BOB_PROOF);
const userOf = (userId: string) => (userId === 'ann' ? ANN : BOB);
const FIRST = { userId: 'ann', amr: ['pwd'], at: NOW };
const approval: Approval = { scopes: ['read'], identityScopes: [], persistent: true, how: 'asked' };
const MEMBERSHIPS = [ACME, GLOBEX];

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.option(proofs, { nil: undefined }).map((proof): Happening => {
    if (proof === undefined) return { old: { kind: 'arrived' }, new: { kind: 'arrived' } };
    return { old: { kind: 'arrived', proof }, new: { kind: 'arrived', proof, user: userOf(proof.userId) } };
  }),
  fc.tuple(proofs, fc.boolean()).map(([proof, shows]): Happening => {
    const recovery = { old: { kind: 'signedIn', proof, mode: 'recovery' }, page: { page: 'recovery' } } as const;
    return {
      old: shows ? recovery.old : { kind: 'signedIn', proof },
      new: { kind: 'signedIn', proof, user: userOf(proof.userId), ...(shows ? recovery.page : {}) },
    };
  }),
  fc.constantFrom<Happening>(
    { old: { kind: 'startOver' }, new: { kind: 'startOver' } },
    { old: { kind: 'accountKept' }, new: { kind: 'accountKept' } },
    { old: { kind: 'notSignedIn', notice: 'wrong_code' }, new: { kind: 'pageTurned', notice: 'wrong_code' } },
    { old: { kind: 'modeChosen', mode: 'code' }, new: { kind: 'pageTurned', page: 'code' } },
    { old: { kind: 'firstProven', first: FIRST, mode: 'second' }, new: { kind: 'firstProven', first: FIRST, page: 'second' } },
    { old: { kind: 'firstProven', first: FIRST, mode: 'enrol' }, new: { kind: 'firstProven', first: FIRST, page: 'enrol' } },
    { old: { kind: 'secondSkipped' }, new: { kind: 'skipped' } },
    { old: { kind: 'recoveryKept' }, new: { kind: 'pageDone' } },
    { old: { kind: 'allowed', approval }, new: { kind: 'allowed', approval } },
    { old: { kind: 'nothingChosen' }, new: { kind: 'nothingChosen' } },
    { old: { kind: 'refused' }, new: { kind: 'refused' } },
    { old: { kind: 'acknowledged' }, new: { kind: 'acknowledged' } },
    { old: { kind: 'consentJudged', verdict: 'ask' }, new: { kind: 'consentJudged', verdict: 'ask' } },
    { old: { kind: 'consentJudged', verdict: 'settled', approval }, new: { kind: 'consentJudged', verdict: 'settled', approval } },
    { old: { kind: 'consentJudged', verdict: 'nothing', reason: 'x' }, new: { kind: 'consentJudged', verdict: 'nothing', reason: 'x' } },
    {
      old: { kind: 'consentJudged', verdict: 'stepUp', notice: 'step_up_fresh' },
      new: { kind: 'consentJudged', verdict: 'stepUp', notice: 'step_up_fresh', demand: { fresh: true } },
    },
    {
      old: { kind: 'consentJudged', verdict: 'stepUp', notice: 'step_up_second', mode: 'second' },
      new: { kind: 'consentJudged', verdict: 'stepUp', notice: 'step_up_second', demand: { acr: ['2'] }, page: 'second' },
    },
  ),
  fc.tuple(fc.subarray(MEMBERSHIPS), fc.boolean()).map(([memberships, required]): Happening => {
    const tenants = memberships.map(({ tenant }) => tenant.id);
    return { old: { kind: 'tenantsFound', tenants, required }, new: { kind: 'tenantsFound', memberships, required } };
  }),
  fc.tuple(fc.constantFrom('acme', 'globex', 'umbrella'), fc.subarray(MEMBERSHIPS)).map(([tenant, memberships]): Happening => {
    const known = memberships.some((one) => one.tenant.id === tenant);
    return { old: { kind: 'tenantChosen', tenant, known }, new: { kind: 'tenantChosen', tenant, memberships } };
  }),
);

const ask: fc.Arbitrary<Ask> = fc
  .record({
    silent: fc.boolean(),
    login: fc.boolean(),
    chooseAccount: fc.boolean(),
    maxAge: fc.constantFrom(undefined, 30, 600),
    tenant: fc.constantFrom(undefined, 'acme', 'umbrella'),
  })
  .map(({ maxAge, tenant, ...flags }) => ({
    ...ASK,
    ...flags,
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(tenant === undefined ? {} : { tenant }),
  }));

const SCREENS: Readonly<Record<string, string>> = { account: 'account', tenant: 'tenant', consent: 'consent', denied: 'denied' };

/** The page, the look-up or the end. The sentence on a page may differ: the graph forgets an old one sooner. */
function toldByOld({ effects: [effect] }: Step): string {
  if (effect.kind === 'refuse') return `refuse ${effect.denial.error}`;
  return effect.kind === 'show' ? `show ${pageOf(effect.screen)}` : effect.kind;
}

/** Password and code are two pages of one question, and which of them is open is forgotten sooner too. */
function pageOf(screen: string): string {
  return screen === 'code' ? 'sign_in' : screen;
}

function toldByNew({ effect }: JourneyStep): string {
  if (effect.kind === 'refuse') return `refuse ${effect.denial.error}`;
  if (effect.kind !== 'show') return effect.kind;
  const screen = effect.page.kind === 'authenticate' ? (effect.sub ?? 'sign_in') : (SCREENS[effect.page.kind] ?? effect.page.kind);
  return `show ${pageOf(screen)}`;
}

/** What the dispatcher of today does not send is not sent: a button that is not on the page, a second step-up, or one where no page may be shown. */
function possible(happened: Happening, { state, step: last }: New): boolean {
  const sub = last?.effect.kind === 'show' ? last.effect.sub : undefined;
  if (sub === 'recovery' && !['recoveryKept', 'arrived', 'startOver', 'refused'].includes(happened.old.kind)) return false;
  if (happened.old.kind === 'secondSkipped') return sub === 'second' || sub === 'enrol';
  if (happened.old.kind === 'recoveryKept') return sub === 'recovery';
  if (happened.old.kind === 'firstProven') return sub === undefined || sub === 'code';
  if (happened.new.kind !== 'consentJudged' || happened.new.verdict !== 'stepUp') return true;
  return last?.effect.kind === 'judgeConsent' && last.effect.mayStepUp && !state.ask.silent;
}

/**
 * Once a stronger sign-in was asked for, the fixed journey asks a session from elsewhere to sign in anew; the graph begins anew with it, and
 * consent judges it again.
 */
function comesAfterStepUp({ old: event }: Happening, { state }: Old, asked: Ask): boolean {
  return event.kind === 'arrived' && state.ask.login !== asked.login && event.proof?.sessionId !== state.proof?.sessionId;
}

function sameJourney(today: Flow, graph: CompiledFlow, asked: Ask, happenings: readonly Happening[]): void {
  let old: Old = { state: initialState(today.start, asked) };
  let now: New = { state: fresh(graph, asked) };
  const log: string[] = [];
  for (const happened of [{ old: { kind: 'arrived' }, new: { kind: 'arrived' } } satisfies Happening, ...happenings]) {
    if (!possible(happened, now) || comesAfterStepUp(happened, old, asked)) continue;
    const oldStep = step(today, old.state, happened.old, NOW);
    const happens = happened.new;
    const event: JourneyEvent = happens.kind === 'arrived' ? happens : { ...happens, turn: now.state.turn };
    const newStep = advance(graph, now.state, event, NOW);
    old = { state: oldStep.state, step: oldStep };
    now = { state: newStep.state, ...(newStep.effect.kind === 'misplaced' ? { step: now.step } : { step: newStep }) };
    log.push(`${happened.old.kind}: ${toldByNew(newStep)}`);
    expect(toldByNew(newStep), log.join('\n')).toBe(toldByOld(oldStep));
    expect(now.state.proof, log.join('\n')).toEqual(old.state.proof);
    expect(now.state.facts.tenant?.id, log.join('\n')).toBe(old.state.tenant);
    if (newStep.state.over !== undefined) return;
  }
}

describe('the built-in graph beside the fixed journey', () => {
  const cases = [
    ['authorize', authorizeFlow],
    ['sign-in', signInFlow],
  ] as const;

  it.each(cases)('%s is the same journey for whatever happens', (id, today) => {
    const graph = compiled(BUILT_IN_FLOWS.find((flow) => flow['id'] === id));
    fc.assert(
      fc.property(ask, fc.array(happening, { maxLength: 14 }), (asked, happenings) => sameJourney(today, graph, asked, happenings)),
      { numRuns: 2000 },
    );
  });
});
