import type { Names } from './expression.ts';
import type { FlowGraph } from './graph.ts';
import type { Fields, Json } from './json.ts';
import { meaningOf } from './kinds.ts';
import type { OutputType } from './meaning.ts';
import type { JourneyState } from './state.ts';

/** The names that an expression may use, in the words of CEL. */
const PARTIES: Names = {
  request: {
    scopes: 'list<string>',
    identityScopes: 'list<string>',
    risk: 'string',
    risks: 'map<string, string>',
    acrValues: 'list<string>',
    tenant: 'string',
    email: 'string',
    ip: 'string',
  },
  client: {
    id: 'string',
    name: 'string',
    host: 'string',
    status: 'string',
    registrationType: 'string',
    owner: 'string',
    tags: 'list<string>',
    firstParty: 'bool',
    redirectHosts: 'list<string>',
  },
  resource: { id: 'string', name: 'string', uri: 'string', type: 'string', tags: 'list<string>' },
  user: {
    id: 'string',
    name: 'string',
    email: 'string',
    emailDomain: 'string',
    emailVerified: 'bool',
    roles: 'list<string>',
    permissions: 'list<string>',
    tenantIds: 'list<string>',
    attributes: 'map<string, dyn>',
  },
  tenant: { id: 'string', name: 'string', sso: 'bool', attributes: 'map<string, dyn>' },
  /** `authTime`, and `now`, in seconds since the epoch. */
  session: { acr: 'string', amr: 'list<string>', authTime: 'int' },
  claims: 'map<string, dyn>',
  now: 'int',
};
const RESPONSE: Names = { status: 'int', headers: 'map<string, string>', body: 'dyn' };

const CEL_TYPES: Readonly<Record<Exclude<OutputType, 'secret'>, string>> = {
  text: 'string',
  number: 'dyn',
  boolean: 'bool',
  texts: 'list<string>',
  any: 'dyn',
};

/** Names in reach of the nodes at one place. A flow that is copied in sees its own nodes only, so that it means the same everywhere. */
export function namesAt(graph: FlowGraph, place: string, response: boolean): Names {
  const steps = nest(inReach(graph, place).map(([path, id]) => [path, typesOf(graph, id)] as const));
  return { ...PARTIES, steps, ...(response ? { response: RESPONSE } : {}) };
}

/** The values of these names, as they are now. What nobody knows yet (a user before sign-in) is missing, and whoever reads it fails. */
export function contextAt(graph: FlowGraph, place: string, state: JourneyState, now: number, response?: Json): Fields {
  const { request, client, resource, user, tenant } = state.facts;
  const { proof } = state;
  const steps = nest(inReach(graph, place).map(([path, id]) => [path, state.outputs[id] ?? {}] as const));
  const session = proof === undefined ? undefined : { acr: proof.acr, amr: proof.amr, authTime: Math.floor(proof.authTime / 1000) };
  return { request, client, resource, user, tenant, session, claims: state.claims, now: Math.floor(now / 1000), steps, response };
}

function typesOf(graph: FlowGraph, id: string): Names {
  const node = graph.nodes[id];
  const outputs = node === undefined ? [] : Object.entries(meaningOf(node).outputs(node));
  return Object.fromEntries(outputs.flatMap(([name, type]) => (type === 'secret' ? [] : [[name, CEL_TYPES[type]] as const])));
}

function inReach(graph: FlowGraph, place: string): readonly (readonly [readonly string[], string])[] {
  const ids = Object.keys(graph.nodes).filter((id) => id.startsWith(place));
  return ids.map((id) => [id.slice(place.length).split('/'), id] as const);
}

type Tree<T> = { [name: string]: T | Tree<T> };

/** `a/b` becomes a field b of a. */
function nest<T>(entries: readonly (readonly [readonly string[], T])[]): Tree<T> {
  const heads = new Map<string, (readonly [readonly string[], T])[]>();
  const tree: Tree<T> = {};
  for (const [[head = '', ...rest], value] of entries) {
    if (rest.length === 0) tree[head] = value;
    else heads.set(head, [...(heads.get(head) ?? []), [rest, value]]);
  }
  for (const [head, inner] of heads) tree[head] = nest(inner);
  return tree;
}
