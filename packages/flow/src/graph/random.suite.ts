import fc from 'fast-check';
import type { JourneyEvent } from './event.ts';
import type { FlowGraph } from './graph.ts';
import { branchesOf } from './graph.ts';
import { GRAPH_KINDS } from './kinds.ts';
import { ACME, ANN, ANN_PROOF, ANN_STRONG, BOB, BOB_PROOF, GLOBEX, graphOf } from './play.suite.ts';
import type { JourneyEffect } from './effect.ts';
import type { JourneyState } from './state.ts';

/** What no state may ever hold. */
export const SECRET = 'sk-never-in-a-row';

const NODES: readonly object[] = [
  { kind: 'identify' },
  { kind: 'identify', ask: 'email' },
  { kind: 'authenticate', methods: ['password'] },
  { kind: 'authenticate', methods: ['sso'], session: 'listed' },
  { kind: 'stepUp', methods: ['totp'] },
  { kind: 'enrol', methods: ['totp'], optional: true },
  { kind: 'selectTenant' },
  { kind: 'selectTenant', required: true },
  { kind: 'condition', branches: [{ name: 'high', when: 'request.risk == "high"' }] },
  { kind: 'condition', branches: [{ name: 'sre', when: '"SRE" in user.roles' }] },
  { kind: 'condition', branches: [{ name: 'sso', when: 'tenant.sso' }] },
  { kind: 'condition', branches: [{ name: 'plan', when: 'has(user.attributes.plan) && user.attributes.plan == "pro"' }] },
  { kind: 'http', url: 'https://api.test/', timeout: 500, outputs: { key: { type: 'secret', from: 'response.body.key' } } },
  { kind: 'http', url: 'https://api.test/{{user.id}}', timeout: 500, outputs: { tier: { type: 'text', from: 'response.body.tier' } } },
  { kind: 'setClaims', claims: { scopes: 'request.scopes' } },
  { kind: 'setClaims', claims: { mail: 'user.email' } },
  { kind: 'connect', connection: 'calendar' },
  { kind: 'consent' },
  { kind: 'tenantConsent' },
  { kind: 'requestApproval', from: { roles: ['admin'] }, message: 'Please.' },
  { kind: 'updateUser', attributes: { seen: 'true' } },
  { kind: 'event', name: 'flow.passed' },
  {
    kind: 'screen',
    title: 'Hello',
    buttons: [
      { name: 'yes', label: 'Yes' },
      { name: 'no', label: 'No' },
    ],
  },
  { kind: 'deny' },
];

type Piece = { node: object; ways: readonly { drawn: boolean; to: number }[] };
const piece = (nodes: readonly object[]): fc.Arbitrary<Piece> =>
  fc.record({
    node: fc.constantFrom(...nodes),
    ways: fc.array(fc.record({ drawn: fc.boolean(), to: fc.nat(20) }), { minLength: 8, maxLength: 8 }),
  });

const END = [
  { id: 'done', kind: 'complete' },
  { id: 'no', kind: 'deny' },
];

function drawn(pieces: readonly Piece[], next: (at: number) => string | undefined): FlowGraph {
  const nodes = [...pieces.map(({ node }, at) => ({ id: `n${String(at)}`, ...node })), ...END];
  const ids = nodes.map(({ id }) => id);
  const bare = graphOf({ id: 'random', nodes, edges: [] });
  const edges = pieces.flatMap(({ ways }, at) => {
    const from = `n${String(at)}`;
    const node = bare.nodes[from];
    const branches = node === undefined ? [] : branchesOf(node);
    return branches.flatMap(({ name, required }, which) => {
      const way = ways[which] ?? { drawn: false, to: 0 };
      if (!required && !way.drawn) return [];
      const to = (which === 0 ? next(at) : undefined) ?? ids[way.to % ids.length] ?? 'no';
      return [{ from, branch: name, to }];
    });
  });
  return graphOf({ id: 'random', nodes, edges });
}

/** Anything that can be drawn: most of it would never pass the lints. */
export const wildGraph: fc.Arbitrary<FlowGraph> = fc
  .array(piece(NODES), { minLength: 1, maxLength: 9 })
  .map((pieces) => drawn(pieces, () => undefined));

/** Drawn as people draw: sign-in, something, consent, something, done; the first branch leads on, the others anywhere. */
export const likelyGraph: fc.Arbitrary<FlowGraph> = fc
  .tuple(
    fc.array(piece(NODES), { maxLength: 5 }),
    fc.array(piece(NODES), { maxLength: 3 }),
    piece([NODES[2] ?? {}]),
    piece([{ kind: 'consent' }]),
  )
  .map(([before, after, signIn, consent]) => {
    const pieces = [signIn, ...before, consent, ...after];
    return drawn(pieces, (at) => (at === pieces.length - 1 ? 'done' : `n${String(at + 1)}`));
  });

export const approval = { scopes: ['read'], identityScopes: [], persistent: false, how: 'asked' } as const;
const SSO = (tenant: string) => ({ ...ANN_PROOF, sessionId: `ses_${tenant}`, amr: ['fed'], by: [`sso:${tenant}`] });
const MEMBERSHIPS = [ACME, GLOBEX];

const arrivals: fc.Arbitrary<JourneyEvent> = fc.constantFrom<JourneyEvent>(
  { kind: 'arrived' },
  { kind: 'arrived', proof: ANN_PROOF, user: ANN },
  { kind: 'arrived', proof: ANN_STRONG, user: ANN },
  { kind: 'arrived', proof: BOB_PROOF, user: BOB },
);

type Answer = Exclude<JourneyEvent, { kind: 'arrived' }>;
const ANSWERS: readonly Omit<Answer, 'turn'>[] = answers();

/** Every event there is, in its likely forms. */
function answers(): readonly Answer[] {
  const turn = 0;
  return [
    { turn, kind: 'accountKept' },
    { turn, kind: 'startOver' },
    { turn, kind: 'emailGiven', email: 'ann@acme.test' },
    { turn, kind: 'signedIn', proof: ANN_PROOF, user: ANN },
    { turn, kind: 'signedIn', proof: ANN_STRONG, user: ANN },
    { turn, kind: 'signedIn', proof: BOB_PROOF, user: BOB },
    { turn, kind: 'signedIn', proof: SSO('acme'), user: ANN },
    { turn, kind: 'signedIn', proof: SSO('globex'), user: ANN },
    { turn, kind: 'signedIn', proof: ANN_STRONG, user: ANN, page: 'recovery' },
    { turn, kind: 'firstProven', first: { userId: 'ann', amr: ['pwd'], at: 1 }, page: 'second' },
    { turn, kind: 'pageDone' },
    { turn, kind: 'pageTurned', page: 'code', notice: 'wrong_code' },
    { turn, kind: 'skipped' },
    { turn, kind: 'enrolled', method: 'totp' },
    { turn, kind: 'enrolled', method: 'totp', proof: BOB_PROOF },
    { turn, kind: 'tenantChosen', tenant: 'globex', memberships: MEMBERSHIPS },
    { turn, kind: 'tenantChosen', tenant: 'umbrella', memberships: MEMBERSHIPS },
    { turn, kind: 'allowed', approval },
    { turn, kind: 'nothingChosen' },
    { turn, kind: 'submitted', button: 'yes', values: {} },
    { turn, kind: 'submitted', button: 'no', values: {} },
    { turn, kind: 'connected' },
    { turn, kind: 'refused' },
    { turn, kind: 'acknowledged' },
    { turn, kind: 'tenantsFound', memberships: [], required: false },
    { turn, kind: 'tenantsFound', memberships: [ACME], required: true },
    { turn, kind: 'tenantsFound', memberships: MEMBERSHIPS, required: true },
    { turn, kind: 'consentJudged', verdict: 'ask' },
    { turn, kind: 'consentJudged', verdict: 'settled', approval },
    { turn, kind: 'consentJudged', verdict: 'nothing', reason: 'no-allow' },
    { turn, kind: 'consentJudged', verdict: 'stepUp', demand: { acr: ['2'] }, notice: 'step_up_second' },
    { turn, kind: 'tenantConsentJudged', verdict: 'ask' },
    { turn, kind: 'tenantConsentJudged', verdict: 'not_admin' },
    { turn, kind: 'tenantConsentJudged', verdict: 'settled', approval },
    { turn, kind: 'tenantConsentJudged', verdict: 'nothing', reason: 'nothing_permitted' },
    { turn, kind: 'factorsFound', methods: [] },
    { turn, kind: 'factorsFound', methods: ['totp'] },
    { turn, kind: 'answered', status: 200, headers: {}, body: { key: SECRET, tier: 'pro' } },
    { turn, kind: 'answered', status: 500, headers: {}, body: null },
    { turn, kind: 'failed', reason: 'timeout' },
    { turn, kind: 'connectionFound', connected: true },
    { turn, kind: 'connectionFound', connected: false },
    { turn, kind: 'approvalStands', state: 'pending' },
    { turn, kind: 'approvalStands', state: 'given' },
    { turn, kind: 'approvalStands', state: 'refused' },
    { turn, kind: 'done' },
  ];
}

/** What answers which effect: of a page, what its buttons do. */
const FITTING: Readonly<Record<string, readonly JourneyEvent['kind'][]>> = {
  account: ['accountKept', 'startOver'],
  identify: ['emailGiven'],
  authenticate: ['signedIn', 'signedIn', 'firstProven', 'pageDone', 'pageTurned', 'skipped'],
  enrol: ['enrolled', 'skipped'],
  tenant: ['tenantChosen'],
  consent: ['allowed', 'allowed', 'nothingChosen', 'refused'],
  tenantConsent: ['allowed', 'refused'],
  screen: ['submitted'],
  connect: ['connected', 'skipped', 'refused'],
  waiting: ['refused'],
  denied: ['acknowledged'],
  findTenants: ['tenantsFound'],
  judgeConsent: ['consentJudged'],
  judgeTenantConsent: ['tenantConsentJudged'],
  findFactors: ['factorsFound'],
  callHttp: ['answered', 'failed'],
  findConnection: ['connectionFound'],
  storeCredential: ['done', 'failed'],
  requestApproval: ['approvalStands'],
  updateUser: ['done', 'failed'],
  recordEvent: ['done', 'failed'],
};

/** A choice that is made when the state is known: mostly what fits, sometimes anything, sometimes an old page. */
export type Choice = { how: number; which: number; arrival: JourneyEvent };
export const choice: fc.Arbitrary<Choice> = fc.record({ how: fc.nat(99), which: fc.nat(1000), arrival: arrivals });

export function chosen({ how, which, arrival }: Choice, state: JourneyState, effect: JourneyEffect | undefined): JourneyEvent {
  if (effect === undefined || how < 8) return arrival;
  const kinds = FITTING[effect.kind === 'show' ? effect.page.kind : effect.kind] ?? [];
  const fitting = how < 20 ? [] : ANSWERS.filter(({ kind }) => kinds.includes(kind));
  const from = fitting.length === 0 ? ANSWERS : fitting;
  const answer = from[which % from.length];
  const turn = how >= 95 ? state.turn - 1 : state.turn;
  return JSON.parse(JSON.stringify({ ...answer, turn }));
}

/** Which kinds of node the graphs are made of; a new kind belongs here as well. */
export function kindsTried(): ReadonlySet<string> {
  const left = new Set([...NODES, ...END].map((node) => ('kind' in node ? String(node.kind) : '')));
  return new Set([...GRAPH_KINDS.keys()].filter((kind) => left.has(kind)));
}
