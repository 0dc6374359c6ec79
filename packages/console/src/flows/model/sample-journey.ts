import {
  advance,
  beginJourney,
  compileFlow,
  DEMANDS,
  GRAPH_KINDS,
  type Facts,
  type FlowGraph,
  type JourneyEffect,
  type JourneyEvent,
  type JourneyProof,
  type JourneyState,
  type Json,
  type Membership,
  type OutputType,
  type Page,
} from '@writ/flow';

const NOW = 1_800_000_000_000;
const USER = {
  id: 'ann',
  name: 'Ann Archer',
  email: 'ann@acme.example',
  emailDomain: 'acme.example',
  emailVerified: true,
  roles: ['Member'],
  permissions: [],
  tenantIds: ['acme', 'globex'],
  attributes: {},
};
const PROOF: JourneyProof = { userId: 'ann', sessionId: 'sample', authTime: NOW, amr: ['pwd'], acr: '1', by: ['password'] };
const MEMBERSHIPS: readonly Membership[] = ['Acme', 'Globex'].map((name) => ({
  tenant: { id: name.toLowerCase(), name, sso: false, attributes: {} },
  roles: [],
  permissions: [],
}));
const FACTS: Facts = {
  request: {
    scopes: ['notes:read', 'notes:delete'],
    identityScopes: ['openid'],
    risk: 'high',
    risks: { 'notes:read': 'low', 'notes:delete': 'high' },
    acrValues: [],
    tenant: '',
    email: '',
    ip: '192.0.2.7',
  },
  client: {
    id: 'desk',
    name: 'Acme Desk',
    host: 'desk.example',
    status: 'verified',
    registrationType: 'manual',
    owner: '',
    tags: [],
    firstParty: false,
    redirectHosts: ['desk.example'],
  },
  resource: { id: 'notes', name: 'Notes', uri: 'https://notes.example/mcp', type: 'mcp', tags: [] },
  user: USER,
};

/** The names on pages that show more than the flow package says: who asks, for what, of whom. */
export type Named = {
  readonly client: string;
  readonly host: string;
  readonly resource: string;
  readonly tenant: string;
  readonly user: string;
};

export const SAMPLE_NAMES: Named = { client: 'Acme Desk', host: 'desk.example', resource: 'Notes', tenant: 'Acme', user: 'Ann Archer' };
export const SAMPLE_SCOPES: readonly string[] = ['Read your notes', 'Delete notes'];

const VALUES: Readonly<Record<OutputType, Json>> = {
  text: 'sample',
  number: 3,
  boolean: true,
  texts: ['sample'],
  any: 'sample',
  secret: '',
};

/** Kinds that ask nothing of somebody who is signed in already. */
const BEFORE_SIGN_IN = new Set(['authenticate', 'identify']);

/** Whether a person may see something at this node. */
export function showsPage({ purpose, nodes }: FlowGraph, id: string): boolean {
  const node = nodes[id];
  if (node === undefined || !DEMANDS[purpose].person) return false;
  if (node.kind === 'identify') return node.ask === 'email';
  return GRAPH_KINDS.get(node.kind)?.asks === 'person' || node.kind === 'deny' || node.kind === 'requestApproval';
}

/**
 * The page that a node shows, as the flow package makes it for the hosted pages, for a made-up person and request. Undefined: it shows none,
 * or what stands in it cannot be read yet.
 */
export function samplePage(graph: FlowGraph, id: string): Page | undefined {
  const node = graph.nodes[id];
  if (node === undefined || !showsPage(graph, id)) return undefined;
  const signedIn = !BEFORE_SIGN_IN.has(node.kind);
  const { user: _user, ...strangers } = FACTS;
  const begun = beginJourney(
    graph.start,
    { silent: false, login: false, consent: false, chooseAccount: false },
    signedIn ? FACTS : strangers,
  );
  const state: JourneyState = { ...begun, at: id, turn: 1, outputs: samplesOf(graph), ...(signedIn ? { proof: PROOF } : {}) };
  const flow = compileFlow(graph);
  let step = advance(flow, state, { kind: 'arrived', ...(signedIn ? { proof: PROOF, user: USER } : {}) }, NOW);
  for (let turn = 0; turn < 3 && step.state.at === id; turn += 1) {
    if (step.effect.kind === 'show') return step.effect.page;
    const event = answerTo(step.effect, step.state.turn);
    if (event === undefined) return undefined;
    step = advance(flow, step.state, event, NOW);
  }
  return undefined;
}

function answerTo({ kind }: JourneyEffect, turn: number): JourneyEvent | undefined {
  switch (kind) {
    case 'findTenants':
      return { kind: 'tenantsFound', turn, memberships: MEMBERSHIPS, required: false };
    case 'judgeConsent':
      return { kind: 'consentJudged', turn, verdict: 'ask' };
    case 'judgeTenantConsent':
      return { kind: 'tenantConsentJudged', turn, verdict: 'ask' };
    case 'findFactors':
      return { kind: 'factorsFound', turn, methods: [] };
    case 'findConnection':
      return { kind: 'connectionFound', turn, connected: false };
    case 'requestApproval':
      return { kind: 'approvalStands', turn, state: 'pending' };
    default:
      return undefined;
  }
}

/** A value for every output, so that holes have something to show. */
function samplesOf(graph: FlowGraph): JourneyState['outputs'] {
  return Object.fromEntries(
    Object.entries(graph.nodes).map(([id, node]) => {
      const outputs = GRAPH_KINDS.get(node.kind)?.outputs(node) ?? {};
      const given = Object.entries(outputs).flatMap(([name, type]): [string, Json][] => (type === 'secret' ? [] : [[name, VALUES[type]]]));
      return [id, Object.fromEntries(given)];
    }),
  );
}
