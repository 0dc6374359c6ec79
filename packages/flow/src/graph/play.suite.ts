import { advance, type JourneyStep } from './advance.ts';
import type { Ask } from './ask.ts';
import { compileFlow, type CompiledFlow } from './compile.ts';
import type { JourneyEvent } from './event.ts';
import type { ClientFacts, Facts, Membership, UserFacts } from './facts.ts';
import type { FlowGraph } from './graph.ts';
import { parseFlow } from './parse.ts';
import { beginJourney, type JourneyProof, type JourneyState } from './state.ts';

export const NOW = 1_800_000_000_000;

export const ANN: UserFacts = {
  id: 'ann',
  name: 'Ann',
  email: 'ann@acme.test',
  emailDomain: 'acme.test',
  emailVerified: true,
  roles: [],
  permissions: [],
  tenantIds: ['acme', 'globex'],
  attributes: { level: 3 },
};
export const BOB: UserFacts = { ...ANN, id: 'bob', name: 'Bob', email: 'bob@globex.test', emailDomain: 'globex.test' };

export const ANN_PROOF: JourneyProof = {
  userId: 'ann',
  sessionId: 'ses_ann',
  authTime: NOW - 60_000,
  amr: ['pwd'],
  acr: '1',
  by: ['password'],
};
export const ANN_STRONG: JourneyProof = {
  ...ANN_PROOF,
  sessionId: 'ses_ann2',
  amr: ['pwd', 'otp', 'mfa'],
  acr: '2',
  by: ['password', 'totp'],
};
export const BOB_PROOF: JourneyProof = { ...ANN_PROOF, userId: 'bob', sessionId: 'ses_bob' };

export const CLIENT: ClientFacts = {
  id: 'cli',
  name: 'Acme CLI',
  host: 'cli.test',
  status: 'verified',
  registrationType: 'manual',
  owner: 'ann',
  tags: ['internal'],
  firstParty: false,
  redirectHosts: ['127.0.0.1'],
};

export const FACTS: Facts = {
  request: {
    scopes: ['read'],
    identityScopes: [],
    risk: 'low',
    risks: { read: 'low' },
    acrValues: [],
    tenant: '',
    email: '',
    ip: '127.0.0.1',
  },
  client: CLIENT,
  resource: { id: 'ops', name: 'Ops', uri: 'https://ops.test', type: 'api', tags: [] },
};

export const ACME: Membership = {
  tenant: { id: 'acme', name: 'Acme', sso: false, attributes: { plan: 'pro' } },
  roles: ['SRE'],
  permissions: ['incidents.write'],
};
export const GLOBEX: Membership = { tenant: { id: 'globex', name: 'Globex', sso: true, attributes: {} }, roles: [], permissions: [] };

export const ASK: Ask = { silent: false, login: false, consent: false, chooseAccount: false };

/** The words that cases use for people and proofs, so that a case says only what it is about. */
const NAMED: Readonly<Record<string, unknown>> = {
  $ann: ANN,
  $bob: BOB,
  $annProof: ANN_PROOF,
  $annStrong: ANN_STRONG,
  $bobProof: BOB_PROOF,
  $acme: ACME,
  $globex: GLOBEX,
  $approval: { scopes: ['read'], identityScopes: [], persistent: true, how: 'asked' },
};

/** A case's value with its words replaced; an event comes out of JSON as it would out of the server. */
export function named<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_key, one: unknown) => (typeof one === 'string' && one in NAMED ? NAMED[one] : one));
}

export function graphOf(document: unknown): FlowGraph {
  const parsed = parseFlow(document);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults, undefined, 2));
  return parsed.graph;
}

export function compiled(document: unknown): CompiledFlow {
  return compileFlow(graphOf(document));
}

export function fresh(flow: CompiledFlow, ask: Partial<Ask> = {}, facts: Partial<Facts> = {}): JourneyState {
  return beginJourney(flow.graph.start, { ...ASK, ...ask }, { ...FACTS, ...facts });
}

/** What a case says happened: an event without its turn, which is the one of now unless it says otherwise. */
export type Happening = { readonly kind: string; readonly turn?: number; readonly [name: string]: unknown };

export function play(flow: CompiledFlow, begin: JourneyState, happenings: readonly Happening[]): readonly JourneyStep[] {
  const steps: JourneyStep[] = [];
  let state = begin;
  for (const happening of happenings) {
    const event: JourneyEvent = named(JSON.parse(JSON.stringify({ turn: state.turn, ...happening })));
    const step = advance(flow, state, event, NOW);
    steps.push(step);
    state = step.state;
  }
  return steps;
}
