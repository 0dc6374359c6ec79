import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Engine } from '../../../testing/database.ts';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { startReceiver, type Receiver } from '../../rooms/sinks/receiver.suite.ts';
import { PUSH } from '../../rooms/streams/words.ts';

export const SECRET = 'a-long-secret-of-the-receiver';

export type World = TestHouse & {
  /** A token of this client for the streams of the hub. */
  token(client: string, of?: { scope?: string; tenant?: string; resource?: string }): Promise<string>;
  call(method: string, path: string, of: { token?: string; body?: unknown; headers?: Record<string, string> }): Promise<Response>;
  /** A stream of that client that pushes to a receiver on a real socket. */
  pushed(client: string, of?: { body?: Record<string, unknown> }): Promise<{ id: string; token: string; receiver: Receiver }>;
  polled(
    client: string,
    of?: { body?: Record<string, unknown> },
  ): Promise<{ id: string; token: string; poll(body?: object): Promise<Polled> }>;
  /** Reads on in the record and delivers what follows, `times` times, a minute apart. */
  deliver(times?: number): Promise<void>;
  /** The claims of a SET, verified as any receiver would with the keys that the hub publishes. */
  verify(token: string, audience: string): Promise<Told>;
  heard(receiver: Receiver, audience: string): Promise<Told[]>;
};

export type Polled = { sets: Record<string, string>; moreAvailable: boolean };

const polledShape = z.object({ sets: z.record(z.string(), z.string()), moreAvailable: z.boolean() });
const streamShape = z.looseObject({ stream_id: z.string() });

const claimsShape = z.looseObject({
  iss: z.string(),
  jti: z.string(),
  iat: z.number(),
  sub_id: z.looseObject({ format: z.string() }),
  events: z.record(z.string(), z.looseObject({})),
});
/** `event`: the last word of its type; `payload`: what it says. */
export type Told = z.output<typeof claimsShape> & { event: string; payload: Record<string, unknown> };

/** A hub of two tenants, receivers of the whole hub and of each, and people and agents that can be stopped. */
export async function ssfWorld(options: { engine?: Engine } = {}): Promise<World> {
  const hub = await testHouse(options);
  await hub.apply(configOf());
  const jwks = createRemoteJWKSet(new URL(`${hub.issuer}/oauth/jwks`), {
    [customFetch]: (url: string) => hub.house.fetch(new Request(url)),
  });

  const token: World['token'] = async (client, { scope = 'ssf.read ssf.manage', tenant, resource = `${hub.issuer}/ssf` } = {}) => {
    const answer = await hub.post(
      '/oauth/token',
      { grant_type: 'client_credentials', resource, scope, ...(tenant === undefined ? {} : { tenant }) },
      { authorization: `Basic ${Buffer.from(`${client}:${SECRET}`).toString('base64')}` },
    );
    if (answer.status !== 200) throw new Error(`no token for ${client}: ${await answer.text()}`);
    return z.object({ access_token: z.string() }).parse(await answer.json()).access_token;
  };
  const call: World['call'] = (method, path, { token: bearer, body, headers = {} }) =>
    hub.house.fetch(
      new Request(path.startsWith('http') ? path : `${hub.issuer}${path}`, {
        method,
        headers: {
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    );
  const make = async (bearer: string, body: Record<string, unknown>): Promise<string> => {
    const answer = await call('POST', '/ssf/v1/stream', { token: bearer, body });
    if (answer.status !== 201) throw new Error(`no stream: ${answer.status} ${await answer.text()}`);
    return streamShape.parse(await answer.json()).stream_id;
  };
  const verify: World['verify'] = async (text, audience) => {
    const { payload, protectedHeader } = await jwtVerify(text, jwks, {
      issuer: hub.issuer,
      audience,
      typ: 'secevent+jwt',
      currentDate: new Date(hub.clock.now()),
    });
    if (protectedHeader.alg !== 'ES256') throw new Error('signed in another way than expected');
    const claims = claimsShape.parse(payload);
    const [[uri, said] = ['', {}]] = Object.entries(claims.events);
    return { ...claims, event: uri.split('/').at(-1) ?? '', payload: said };
  };
  return {
    ...hub,
    token,
    call,
    verify,
    async pushed(client, { body = {} } = {}) {
      const receiver = await startReceiver();
      receiver.answer(() => ({ status: 202 }));
      const bearer = await token(client);
      const id = await make(bearer, { delivery: { method: PUSH, endpoint_url: `${receiver.url}/events` }, ...body });
      return { id, token: bearer, receiver };
    },
    async polled(client, { body = {} } = {}) {
      const bearer = await token(client);
      const id = await make(bearer, body);
      return {
        id,
        token: bearer,
        async poll(asked = { returnImmediately: true }) {
          const answer = await call('POST', `/ssf/v1/poll/${id}`, { token: bearer, body: asked });
          if (answer.status !== 200) throw new Error(`poll answered ${answer.status}: ${await answer.text()}`);
          return polledShape.parse(await answer.json());
        },
      };
    },
    async deliver(times = 1) {
      for (let time = 0; time < times; time += 1) {
        await hub.house.rooms.streams.run();
        if (time + 1 < times) hub.clock.advance(60_000);
      }
    },
    heard: (receiver, audience) => Promise.all(receiver.received.map(({ body }) => verify(body, audience))),
  };
}

/** Two tenants with a person each, receivers of both and of the whole hub, and a client that is stopped. */
function configOf(): Record<string, unknown> {
  const receiverOf = (id: string, tenants: string[] = []) => ({
    id,
    name: id,
    kind: 'service',
    ...(tenants.length === 0 ? {} : { tenants }),
    auth: { secrets: [{ value: SECRET }] },
  });
  return {
    tenants: [
      { id: 'acme', name: 'Acme', domains: ['acme.test'] },
      { id: 'globex', name: 'Globex' },
    ],
    roles: [{ name: 'SRE' }],
    users: [
      { id: 'ann', email: 'ann@acme.test', tenants: [{ id: 'acme', roles: [] }] },
      { id: 'bob', email: 'bob@globex.test', tenants: [{ id: 'globex', roles: [] }] },
    ],
    resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }] }],
    clients: [
      receiverOf('wide'),
      receiverOf('wide-too'),
      receiverOf('acme-ear', ['acme']),
      receiverOf('globex-ear', ['globex']),
      receiverOf('worker', ['acme']),
      receiverOf('plain'),
    ],
    policies: [
      { id: 'ops', effect: 'allow', subject: { any: true }, target: { resources: ['ops'] }, scopes: 'all' },
      {
        id: 'ears',
        effect: 'allow',
        subject: { clients: ['wide', 'wide-too', 'acme-ear', 'globex-ear'] },
        target: { resources: ['writ-ssf'] },
        scopes: 'all',
      },
    ],
  };
}
