import type { Value } from '../../api/use-read.ts';

export type Graph = Value<'getGraph'>;
export type GraphNode = Graph['nodes'][number];
export type GraphEdge = Graph['edges'][number];
export type Difference = Value<'postGraphWithout'>['differences'][number];

/** From where one looks. */
export const KINDS = ['agent', 'client', 'user', 'tenant', 'resource', 'connection', 'policy', 'role', 'grant', 'credential'] as const;
export type Kind = (typeof KINDS)[number];
export type From = { kind: Kind; id: string };

/** In which room of the console an object of a kind stands. */
export const ROOM_OF: Readonly<Record<GraphNode['kind'], string>> = {
  agent: 'agents',
  client: 'clients',
  user: 'users',
  tenant: 'tenants',
  role: 'roles',
  resource: 'resources',
  connection: 'connections',
  credential: 'credentials',
  policy: 'policies',
  grant: 'grants',
};

/** Parts of one answer put together: what they share stands in it once. */
export function joined(parts: readonly Graph[]): { nodes: ReadonlyMap<string, GraphNode>; edges: readonly GraphEdge[] } {
  const nodes = new Map(parts.flatMap((part) => part.nodes.map((node) => [node.key, node] as const)));
  const edges = new Map(parts.flatMap((part) => part.edges.map((edge) => [edge.id, edge] as const)));
  return { nodes, edges: [...edges.values()] };
}

const NODE_OF_CAUSE: Readonly<Record<GraphEdge['by'][number]['kind'], GraphNode['kind'] | undefined>> = {
  policy: 'policy',
  consent: 'grant',
  'tenant-consent': 'grant',
  credential: 'credential',
  role: 'role',
  membership: undefined,
  record: undefined,
};

/** The nodes of what makes an edge. */
export function causeKeys(edge: Pick<GraphEdge, 'by'>): string[] {
  return [
    ...new Set(
      edge.by.flatMap(({ kind, id }) => {
        const node = NODE_OF_CAUSE[kind];
        return node === undefined ? [] : [`${node}:${id}`];
      }),
    ),
  ];
}

const WAYS: Readonly<Record<string, string>> = {
  authorization_code: 'signed in',
  device_code: 'on a device',
  ciba: 'asked elsewhere',
  client_credentials: 'for itself',
  jwt_bearer: 'vouched for',
  token_exchange: 'by exchange',
  proxy: 'through the hub',
};

export function wayWords(way: string | undefined): string {
  return way === undefined ? '' : (WAYS[way] ?? way);
}

/** `tickets:read, tickets:write`; what has no scopes is had whole. */
export function scopeWords(scopes: readonly string[] | undefined): string {
  return scopes === undefined || scopes.length === 0 ? 'the whole of it' : scopes.join(', ');
}

/** What could be taken away, of all that stands in these edges. */
export const REMOVABLE = ['policy', 'grant', 'credential', 'connection', 'role', 'client', 'user', 'resource'] as const;
export type Removable = (typeof REMOVABLE)[number];

export function removable(nodes: ReadonlyMap<string, GraphNode>): { kind: Removable; id: string; key: string; name: string }[] {
  return REMOVABLE.flatMap((kind) =>
    [...nodes.values()]
      .filter((node) => node.kind === kind && !node.id.startsWith('writ'))
      .map(({ id, key, name }) => ({ kind, id, key, name })),
  );
}
