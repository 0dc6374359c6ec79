import type { JourneyProof, NodeEvent } from '@writ/flow';
import { boundTenant } from '../../users/bound.ts';
import { MULTI_FACTOR } from '../../users/events.ts';
import { hasSecond, isFresh, type Factors } from '../../users/factor.ts';
import type { User } from '../../users/user.ts';
import { event, impossible, type Answered, type Occasion } from '../answered.store.ts';
import type { JourneysDeps } from '../deps.store.ts';
import type { Journey } from '../journey.ts';
import { ENROL_METHODS, type EnrolFace, type EnrolMethod } from '../effects/faces.ts';

/** The pages of setting something up. `codes`: recovery codes, shown once. */
const PAGES = ['choice', 'totp', 'passkey', 'password', 'codes'] as const;
type EnrolPage = (typeof PAGES)[number];

type Node = { readonly methods: readonly string[]; readonly optional: boolean };
/** What this person can set up here, of what the author offers. */
type Offered = { methods: readonly EnrolMethod[]; factors: Factors; page: EnrolPage; why: 'stale' | 'weak' | 'bound' | undefined };

async function offeredTo(deps: JourneysDeps, { node, journey, user }: { node: Node; journey: Journey; user: User }): Promise<Offered> {
  const factors = await deps.factors.of(user.id);
  const possible: Readonly<Record<EnrolMethod, boolean>> = {
    passkey: true,
    totp: factors.totp === undefined,
    password: user.passwordHash === undefined,
    // They stand in for a second factor; without one they would be another first.
    recovery_codes: hasSecond(factors) && (factors.recovery ?? 0) === 0,
  };
  const methods = ENROL_METHODS.filter((method) => node.methods.includes(method) && possible[method]);
  const open = PAGES.find((page) => page === journey.state.page);
  return { methods, factors, page: open ?? soleOf(methods), why: whyNot(journey.state.proof, factors, deps.clock.now()) };
}

function soleOf(methods: readonly EnrolMethod[]): EnrolPage {
  const [only, ...others] = methods;
  return only === undefined || only === 'recovery_codes' || others.length > 0 ? 'choice' : only;
}

/** As on the account page: whoever merely finds a browser open, or knows one of two factors, must not come to own the account's others. */
function whyNot(proof: JourneyProof | undefined, factors: Factors, now: number): Offered['why'] {
  if (proof === undefined || !isFresh(proof, now)) return 'stale';
  // Who runs one tenant's provider must not come to own a way in that is good everywhere.
  if (boundTenant(proof.by) !== undefined) return 'bound';
  return proof.acr === MULTI_FACTOR || !hasSecond(factors) ? undefined : 'weak';
}

/** What the page of an `enrol` node shows; what is set up here is shown to this journey alone. */
export async function enrolFace(deps: JourneysDeps, of: { node: Node; journey: Journey; user: User }): Promise<EnrolFace> {
  const { node, journey, user } = of;
  const { methods, page, why } = await offeredTo(deps, of);
  const { optional } = node;
  const common = { email: user.email, optional, several: methods.length > 1 };
  if (page === 'codes')
    return { screen: 'enrol_codes', codes: (await deps.factors.recoveryCodes({ userId: user.id, context: journey.id })) ?? [] };
  if (why !== undefined || page === 'choice') return { screen: 'enrol_choice', email: user.email, optional, methods, why };
  switch (page) {
    case 'totp':
      return {
        screen: 'enrol_app',
        ...common,
        ...(await deps.factors.offerTotp({ userId: user.id, context: journey.id, email: user.email })),
      };
    case 'passkey':
      return { screen: 'enrol_passkey', ...common, passkey: await deps.authored.passkeys.creation({ context: journey.id, user }) };
    case 'password':
      return { screen: 'enrol_password', ...common };
  }
}

/** A page of an `enrol` node came back. */
export async function enrol(deps: JourneysDeps, of: Occasion): Promise<Answered> {
  const { node, journey, visit, posted } = of;
  const { held } = visit;
  if (node.kind !== 'enrol' || held === undefined || journey.state.proof === undefined) return impossible('no_page_here');
  const { action } = posted;
  if (action === 'skip') return node.optional ? event({ kind: 'skipped' }) : impossible('unknown_action');
  const offered = await offeredTo(deps, { node, journey, user: held.user });
  if (offered.page === 'codes') return action === 'kept' ? event(enrolled(node, offered)) : impossible('unknown_action');
  // The page says so; nothing is set up meanwhile.
  if (offered.why !== undefined) return event({ kind: 'pageTurned', page: 'choice' });
  if (action === 'another') return event({ kind: 'pageTurned', page: 'choice' });
  const chosen = offered.methods.find((method) => action === `enrol:${method}`);
  if (offered.page === 'choice') return chosen === undefined ? impossible('unknown_action') : choose(deps, of, held.user, chosen);
  return READERS[offered.page](deps, of, { user: held.user, offered });
}

async function choose(deps: JourneysDeps, { journey, visit }: Occasion, user: User, method: EnrolMethod): Promise<Answered> {
  if (method !== 'recovery_codes') return event({ kind: 'pageTurned', page: method });
  await deps.factors.renewRecovery({ user, context: journey.id, origin: visit.origin });
  return event({ kind: 'pageTurned', page: 'codes' });
}

type Setting = { user: User; offered: Offered };
type Reader = (deps: JourneysDeps, of: Occasion, setting: Setting) => Promise<Answered>;

const READERS: Readonly<Record<'totp' | 'passkey' | 'password', Reader>> = {
  async totp(deps, { journey, visit, posted }, { user, offered }) {
    if (posted.action !== 'continue') return impossible('unknown_action');
    const set = await deps.factors.enrolTotp({ user, context: journey.id, code: posted.code ?? '', origin: visit.origin });
    if (!set.ok) return event({ kind: 'pageTurned', notice: set.error.kind === 'wrong' ? 'wrong_second' : 'enrolment_over' });
    return afterwards(offered, 'totp');
  },
  async passkey(deps, { journey, visit, posted }, { user, offered }) {
    if (posted.action !== 'passkey') return impossible('unknown_action');
    const credential = posted.credential ?? '';
    const set = await deps.authored.passkeys.enrol({ user, context: journey.id, credential, name: NAMED, origin: visit.origin });
    if (!set.ok) return event({ kind: 'pageTurned', notice: 'passkey_failed' });
    return afterwards(offered, 'passkey');
  },
  async password(deps, { visit, posted }, { user }) {
    if (posted.action !== 'continue') return impossible('unknown_action');
    const set = await deps.authored.setFirstPassword({ user, password: posted.password ?? '', origin: visit.origin });
    if (set.ok) return event({ kind: 'enrolled', method: 'password' });
    if (set.error.kind === 'over') return event({ kind: 'pageTurned', page: 'choice' });
    return event({
      kind: 'pageTurned',
      notice: 'password_refused',
      ...(set.error.kind === 'password' ? { detail: set.error.message } : {}),
    });
  },
};

/** How the account page names a passkey that was added on the way somewhere. */
const NAMED = 'Added while signing in';

/** The first factor brings recovery codes, which are shown before it goes on. */
function afterwards({ factors }: Offered, method: EnrolMethod): Answered {
  return event(factors.recovery === undefined ? { kind: 'pageTurned', page: 'codes' } : { kind: 'enrolled', method });
}

function enrolled(node: Node, { factors }: Offered): NodeEvent {
  const has: Readonly<Record<EnrolMethod, boolean>> = {
    totp: factors.totp !== undefined,
    passkey: factors.passkeys.length > 0,
    recovery_codes: (factors.recovery ?? 0) > 0,
    password: false,
  };
  const method = ENROL_METHODS.find((one) => node.methods.includes(one) && has[one]);
  return method === undefined ? { kind: 'pageTurned', page: 'choice' } : { kind: 'enrolled', method };
}
