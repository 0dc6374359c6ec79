import { at, isObject, listAt, numberAt, textAt, textsAt } from '../json.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';

/** One who stands in a token's chain, and the token they were given: the person first, the client acting now last. */
export type Hop = {
  kind: 'user' | 'tenant' | 'client';
  id: string;
  agent?: string | undefined;
  /** As the hub has it now; absent when it could not be asked. */
  state?: string | undefined;
  /** What they hold. Of tokens before the last one only the hub knows it. */
  token?: { scopes: readonly string[]; resource: string | undefined; state: string | undefined } | undefined;
};

const MAX_HOPS = 20;

/** The chain as the hub has it on record (`GET /admin/v1/txns/{txn}`): from this token back to where it began. Undefined when it is not there. */
export function chainIn(graph: unknown, jti: string): Hop[] | undefined {
  const edges = listAt(graph, 'edges');
  const nodes = new Map(listAt(graph, 'nodes').map((node) => [textAt(node, 'id') ?? '', node]));
  const hops: Hop[] = [];
  let last: unknown;
  for (let id: string | undefined = jti; id !== undefined && hops.length < MAX_HOPS; id = textAt(last, 'parent')) {
    last = edges.find((edge) => textAt(edge, 'jti') === id);
    if (last === undefined) return undefined;
    hops.unshift(holderOf(last, nodes));
  }
  const from = nodes.get(textAt(last, 'from') ?? '');
  const kind = textAt(from, 'kind');
  if (kind === 'user' || kind === 'tenant') hops.unshift({ kind, id: textAt(from, 'id') ?? '?', state: textAt(from, 'state') });
  return hops;
}

function holderOf(edge: unknown, nodes: ReadonlyMap<string, unknown>): Hop {
  const node = nodes.get(textAt(edge, 'to') ?? '');
  return {
    kind: 'client',
    id: textAt(node, 'client') ?? '?',
    agent: textAt(node, 'id'),
    state: textAt(node, 'state'),
    token: { scopes: textsAt(edge, 'scopes'), resource: textAt(edge, 'resource'), state: textAt(edge, 'state') },
  };
}

/** The chain as the token itself tells it: who acted, but not by which scopes, nor how they stand. */
export function chainOf(claims: unknown): Hop[] {
  const acted: Hop[] = [];
  for (let act = at(claims, 'act'); isObject(act) && acted.length < MAX_HOPS; act = act['act'])
    acted.unshift({ kind: 'client', id: textAt(act, 'sub') ?? '?', agent: textAt(act, 'agent') });
  const clients: Hop[] =
    acted.length > 0 ? acted : [{ kind: 'client', id: textAt(claims, 'client_id') ?? '?', agent: textAt(claims, 'agent') }];
  const sub = textAt(claims, 'sub') ?? '?';
  // Ids of users and clients are chosen apart and may be alike; only a user has logged in.
  const isUser = sub !== clients[0]?.id || numberAt(claims, 'auth_time') !== undefined;
  const scopes = (textAt(claims, 'scope') ?? '').split(' ').filter((name) => name !== '');
  const token = { scopes, resource: textAt(claims, 'aud'), state: undefined };
  const held = clients.map((hop, index): Hop => (index === clients.length - 1 ? { ...hop, token } : hop));
  return isUser ? [{ kind: 'user', id: sub }, ...held] : held;
}

/** The chain as a tree: each below the one whose token it exchanged. */
export function drawChain(to: Pick<Terminal, 'paint'>, hops: readonly Hop[]): string[] {
  return hops.map((hop, depth) => {
    const branch = depth === 0 ? '' : `${'   '.repeat(depth - 1)}└─ `;
    const agent = hop.agent === undefined ? '' : ` ${to.paint('dim', visible(hop.agent))}`;
    const holds = hop.token === undefined ? '' : `: ${heldBy(to, hop.token)}`;
    return `${branch}${hop.kind} ${to.paint('bold', visible(hop.id))}${agent}${stateOf(to, hop.state)}${holds}`;
  });
}

function heldBy(to: Pick<Terminal, 'paint'>, { scopes, resource, state }: NonNullable<Hop['token']>): string {
  const what = scopes.length === 0 ? 'no scopes' : visible(scopes.join(' '));
  return `${what}${resource === undefined ? '' : ` at ${visible(resource)}`}${stateOf(to, state)}`;
}

const STYLES: Readonly<Record<string, 'green' | 'yellow' | 'red'>> = {
  active: 'green',
  good: 'green',
  frozen: 'yellow',
  expired: 'yellow',
};

function stateOf(to: Pick<Terminal, 'paint'>, state: string | undefined): string {
  return state === undefined ? '' : ` ${to.paint(STYLES[state] ?? 'red', `[${visible(state)}]`)}`;
}
