import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, testHouse, type TestHouse } from '../../../testing/house.ts';
import type { House } from '../../house.ts';
import { assignedTo, placeOfTarget, TARGETS, type Target } from './assignment.ts';
import { innerFirst } from './order.ts';
import { parseFlow } from '@writ/flow';

/** Numbers that look random and are the same each time. */
function dice(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

describe('precedence', () => {
  it('is client, resource, tenant, everywhere, whatever else is assigned', () => {
    const ids = { client: 'c', resource: 'r', tenant: 't', everywhere: '' } as const;
    for (let set = 0; set < 16; set += 1) {
      const assigned = TARGETS.filter((_, at) => (set & (1 << at)) !== 0);
      const table = new Map(assigned.map((kind) => [placeOfTarget('authorize', { kind, id: ids[kind] }), `for-${kind}`]));
      const found = assignedTo(table, { purpose: 'authorize', clientId: 'c', resourceId: 'r', tenantId: 't' });
      expect(found?.flow).toBe(assigned[0] === undefined ? undefined : `for-${assigned[0]}`);
      expect(assignedTo(table, { purpose: 'device', clientId: 'c', resourceId: 'r', tenantId: 't' })).toBeUndefined();
      const anonymous = assignedTo(table, { purpose: 'authorize', clientId: 'another' });
      expect(anonymous?.flow).toBe(assigned.includes('everywhere') ? 'for-everywhere' : undefined);
    }
  });
});

describe('the order of flows in a config', () => {
  const flow = (id: string, ...inner: string[]) => {
    const parsed = parseFlow({
      id,
      nodes: [...inner.map((one) => ({ id: `s${one}`, kind: 'subflow', flow: one })), { id: 'done', kind: 'complete' }],
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
    return { id, graph: parsed.graph };
  };

  it('puts what is copied in first, keeps the rest, and ends where flows contain each other', () => {
    const order = (...flows: ReturnType<typeof flow>[]) => innerFirst(flows).map(({ id }) => id);
    expect(order(flow('a', 'b', 'c'), flow('b', 'c'), flow('c'), flow('d'))).toEqual(['c', 'b', 'a', 'd']);
    expect(order(flow('a', 'b'), flow('b', 'a'))).toEqual(['b', 'a']);
    expect(order(flow('a', 'a', 'elsewhere'))).toEqual(['a']);
  });
});

let hub: TestHouse;
let nodes: readonly House[];
beforeAll(async () => {
  hub = await testHouse();
  await hub.apply({
    tenants: [{ id: 'acme', name: 'Acme' }],
    resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }] }],
    clients: ['one', 'two'].map((id) => ({ id, name: id, public: true, redirectUris: ['https://app.example/cb'] })),
  });
  nodes = [hub.house, await hub.secondNode()];
});
afterAll(() => hub.close());

const PLACES: readonly Target[] = [
  { kind: 'client', id: 'one' },
  { kind: 'client', id: 'two' },
  { kind: 'resource', id: 'ops' },
  { kind: 'tenant', id: 'acme' },
  { kind: 'everywhere', id: '' },
];
const FLOWS = ['red', 'green', 'blue', 'authorize'] as const;
const document = (name: string) => ({
  name,
  nodes: [
    { id: 'signIn', kind: 'authenticate', methods: ['password'] },
    { id: 'consent', kind: 'consent' },
    { id: 'done', kind: 'complete' },
  ],
  edges: [
    { from: 'signIn', to: 'consent' },
    { from: 'consent', to: 'done' },
  ],
});

/** What a hub must know: drafts, everything that was published, what is in force, what is assigned. */
type Model = { drafts: Map<string, string>; versions: Map<string, string[]>; inForce: Map<string, number>; assigned: Map<string, string> };

describe('any order of deeds on two nodes', () => {
  const ask = async (node: House, method: string, path: string, body?: object) => {
    const init = { method, headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' } };
    const answer = await node.fetch(
      new Request(`${hub.issuer}/admin/v1/${path}`, body === undefined ? init : { ...init, body: JSON.stringify(body) }),
    );
    return answer.status;
  };
  const bodyOf = ({ kind, id }: Target) => (kind === 'everywhere' ? { everywhere: true } : { [kind]: id });

  /** One deed on the hub and on the model, and the status that the model expects. */
  async function deed(model: Model, node: House, roll: (most: number) => number, at: number): Promise<[number, number]> {
    const id = FLOWS[roll(FLOWS.length)] ?? 'red';
    const place = PLACES[roll(PLACES.length)] ?? { kind: 'everywhere', id: '' };
    const key = placeOfTarget('authorize', place);
    const versions = model.versions.get(id) ?? [];
    const there = model.drafts.has(id);
    const builtIn = id === 'authorize';
    switch (roll(6)) {
      case 0:
      case 1: {
        const name = `draft ${at}`;
        model.drafts.set(id, name);
        return [await ask(node, 'PUT', `flows/${id}`, document(name)), there ? 200 : 201];
      }
      case 2: {
        const draft = model.drafts.get(id);
        if (draft !== undefined && versions[(model.inForce.get(id) ?? 0) - 1] !== draft) {
          model.versions.set(id, [...versions, draft]);
          model.inForce.set(id, versions.length + 1);
        }
        return [await ask(node, 'POST', `flows/${id}/publish`, {}), there || builtIn ? 200 : 404];
      }
      case 3: {
        const back = roll(versions.length + 1) + 1;
        const older = versions[back - 1];
        const status = await ask(node, 'POST', `flows/${id}/rollback`, { version: back });
        if (older === undefined) return [status, 404];
        const now = versions[(model.inForce.get(id) ?? 0) - 1];
        if (now !== older) {
          if (!there || model.drafts.get(id) === now) model.drafts.set(id, older);
          model.versions.set(id, [...versions, older]);
          model.inForce.set(id, versions.length + 1);
        }
        return [status, 200];
      }
      case 4: {
        const status = await ask(node, 'POST', `flows/${id}/assign`, bodyOf(place));
        if (!there && !builtIn) return [status, 404];
        if (!model.inForce.has(id) && !builtIn) return [status, 409];
        model.assigned.set(key, id);
        return [status, 200];
      }
      default: {
        const status = await ask(node, 'DELETE', `flows/${id}`);
        if (!there) return [status, builtIn ? 409 : 404];
        if (!builtIn && [...model.assigned.values()].includes(id)) return [status, 409];
        model.drafts.delete(id);
        model.inForce.delete(id);
        return [status, 204];
      }
    }
  }

  function expected(model: Model, clientId: string, tenantId: string | undefined): string {
    const found = assignedTo(model.assigned, { purpose: 'authorize', clientId, resourceId: 'ops', tenantId });
    const id = found?.flow ?? 'authorize';
    const number = model.inForce.get(id);
    return `${id}: ${number === undefined ? 'as it came' : (model.versions.get(id)?.[number - 1] ?? 'lost')}`;
  }

  it.each([1, 2, 3])('leaves both with what was published and assigned last (seed %i)', async (seed) => {
    const roll = dice(seed);
    const model: Model = { drafts: new Map(), versions: new Map(), inForce: new Map(), assigned: new Map() };
    for (const id of FLOWS) await clear(id);
    for (const id of FLOWS) {
      const kept = (await (await hub.admin('GET', `/admin/v1/flows/${id}/versions?limit=200`)).json()).items ?? [];
      const names = await Promise.all(
        kept.map(
          async ({ version }: { version: number }) =>
            (await (await hub.admin('GET', `/admin/v1/flows/${id}/versions/${version}`)).json()).document.name,
        ),
      );
      model.versions.set(id, names.toReversed());
    }
    for (let at = 0; at < 60; at += 1) {
      const node = nodes[roll(nodes.length)] ?? hub.house;
      const [got, wanted] = await deed(model, node, roll, at + seed * 1_000);
      expect([at, got]).toEqual([at, wanted]);
      for (const one of nodes) {
        await one.rooms.feed.poll();
        await one.rooms.flows.ready();
        for (const client of ['one', 'two', 'other'])
          for (const tenant of ['acme', undefined]) {
            const chosen = one.rooms.flows.choose({ purpose: 'authorize', clientId: client, resourceId: 'ops', tenantId: tenant });
            const name = chosen.flow.graph.name ?? '';
            expect(`${chosen.id}: ${name.startsWith('draft') ? name : 'as it came'}`).toBe(expected(model, client, tenant));
          }
      }
    }
  });

  async function clear(id: string): Promise<void> {
    for (const place of PLACES) await ask(hub.house, 'POST', `flows/${id}/unassign`, bodyOf(place));
    await ask(hub.house, 'DELETE', `flows/${id}`);
  }
});
