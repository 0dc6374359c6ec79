import { expect } from 'vitest';
import { z } from 'zod';
import { ADMIN_TOKEN } from '../../../testing/house.ts';
import { openWorld, OPS, SECRET, type World } from '../oauth/token/world.suite.ts';

export const basic = (client: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${client}:${SECRET}`).toString('base64')}`,
});
export const bearer = { authorization: `Bearer ${ADMIN_TOKEN}` };
export const service = (id: string, more: object) => ({ id, name: id, kind: 'service', auth: { secrets: [{ value: SECRET }] }, ...more });

export const CALENDAR = {
  type: 'oauth',
  authorizationUrl: 'https://calendar.test/authorize',
  tokenUrl: 'https://calendar.test/token',
  clientId: 'hub',
  clientSecret: { value: 'a-secret-at-the-calendar' },
  scopes: ['calendar.readonly', 'calendar.events'],
};

/** The hub of the token endpoint's tests, with servers that may ask, connections, and a rule for one of them. */
export async function openDecisions(): Promise<World> {
  const world = await openWorld();
  await world.apply({
    resources: [
      {
        id: 'ops',
        type: 'mcp',
        uri: OPS,
        scopes: [{ name: 'incidents:read' }, { name: 'incidents:write', risk: 'high' }, { name: 'runbooks:read' }],
        tools: [
          { name: 'list_incidents', scopes: ['incidents:read'] },
          { name: 'close_incident', scopes: ['incidents:read', 'incidents:write'] },
          { name: 'ping', scopes: [] },
        ],
      },
    ],
    clients: [
      service('ops-server', { tags: ['resource-server:ops'] }),
      service('ops-acme', { tags: ['resource-server:ops'], tenants: ['acme'] }),
      service('books-server', { tags: ['resource-server:books'] }),
      service('gateway', { tags: ['connection-server:calendar', 'connection-server:ledger', 'connection-server:none'] }),
    ],
    connections: [
      { ...CALENDAR, id: 'calendar', name: 'Calendar', tags: ['office'] },
      { ...CALENDAR, id: 'ledger', name: 'Ledger', tags: ['money'], tenants: ['globex'] },
    ],
    policies: [
      {
        id: 'calendar',
        effect: 'allow',
        subject: { clients: ['worker'] },
        target: { connections: { types: ['oauth'] } },
        scopes: ['calendar.readonly'],
      },
    ],
  });
  return world;
}

export const answerShape = z.object({
  decision: z.boolean(),
  context: z
    .looseObject({
      decision_id: z.string().optional(),
      error: z.object({ status: z.number(), message: z.string() }).optional(),
      scopes: z.object({ granted: z.array(z.string()), refused: z.array(z.string()) }).optional(),
    })
    .optional(),
});

export async function send(world: World, path: string, body: unknown, headers: Record<string, string>) {
  return world.house.fetch(
    new Request(`${world.issuer}/decide/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );
}

export type Props = Record<string, unknown>;
export const question = (
  subject: [string, string, Props?],
  action: string,
  resource: [string, string, Props?] = ['resource', 'ops'],
  context?: Props,
) => ({
  subject: { type: subject[0], id: subject[1], ...(subject[2] === undefined ? {} : { properties: subject[2] }) },
  action: { name: action },
  resource: { type: resource[0], id: resource[1], ...(resource[2] === undefined ? {} : { properties: resource[2] }) },
  ...(context === undefined ? {} : { context }),
});

/** One evaluation as `ops-server`, unless another asks. */
export async function ask(world: World, of: ReturnType<typeof question>, headers: Record<string, string> = basic('ops-server')) {
  const answer = await send(world, 'evaluation', of, headers);
  expect(answer.status).toBe(200);
  return answerShape.parse(await answer.json());
}

export const worker: [string, string] = ['client', 'worker'];
export const READ = 'incidents:read';
