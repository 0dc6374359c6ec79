import { z } from 'zod';
import { testHouse, type TestHouse } from '../../../testing/house.ts';

type Node = Record<string, unknown>;
export const SIGN_IN: readonly Node[] = [
  { id: 'identify', kind: 'identify' },
  { id: 'signIn', kind: 'authenticate', methods: ['password'] },
];
export const END: readonly Node[] = [
  { id: 'consent', kind: 'consent' },
  { id: 'done', kind: 'complete' },
];

/** Nodes one after the other. */
export function flowOf(nodes: readonly Node[], more: object = {}) {
  return { ...more, nodes, edges: nodes.slice(1).map((node, at) => ({ from: nodes[at]?.['id'], to: node['id'] })) };
}
export const PLAIN = flowOf([...SIGN_IN, ...END]);
export const NAMED = flowOf([...SIGN_IN, ...END], { name: 'With a name' });

const entriesShape = z.object({
  items: z.array(z.looseObject({ type: z.string(), target: z.looseObject({ id: z.string() }).nullable(), data: z.looseObject({}) })),
});

/** A hub with a tenant, a resource and a client to assign flows to, and whoever draws them. */
export async function drawingHub() {
  const hub: TestHouse = await testHouse();
  await hub.apply({
    tenants: [{ id: 'acme', name: 'Acme' }],
    resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }] }],
    clients: [
      { id: 'cli', name: 'CLI', kind: 'cli', public: true, grants: ['authorization_code'], redirectUris: ['http://127.0.0.1/callback'] },
    ],
  });
  const put = (id: string, body: object, headers: Record<string, string> = {}) => hub.admin('PUT', `/admin/v1/flows/${id}`, body, headers);
  const act = (id: string, verb: string, body: object = {}, headers: Record<string, string> = {}) =>
    hub.admin('POST', `/admin/v1/flows/${id}/${verb}`, body, headers);
  const read = async (path: string) => (await hub.admin('GET', `/admin/v1/${path}`)).json();
  return {
    ...hub,
    put,
    act,
    read,
    /** Saves and publishes, or throws. */
    async published(id: string, body: object = PLAIN): Promise<void> {
      await put(id, body);
      const answer = await act(id, 'publish');
      if (answer.status !== 200) throw new Error(await answer.text());
    },
    effective: (query: string) => read(`flow-assignments/effective?${query}`),
    /** Of this flow, newest first. */
    entries: async (id: string) =>
      entriesShape.parse(await read('events?limit=200')).items.filter(({ target, type }) => target?.id === id && type.startsWith('flow.')),
  };
}
export type DrawingHub = Awaited<ReturnType<typeof drawingHub>>;
