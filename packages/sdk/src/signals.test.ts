import { afterEach, describe, expect, test } from 'vitest';
import type { ResourceOptions } from './config.ts';
import type { Resource } from './resource.ts';
import { createResource } from './resource.ts';
import type { SignalsEvent } from './signals.ts';
import type { Wire } from './wire.suite.ts';
import { seconds, startWire, until } from './wire.suite.ts';

const RESOURCE = 'http://localhost:9000/mcp';
let wire: Wire;
let resource: Resource;
afterEach(async () => {
  resource.close();
  await wire.stop();
});

async function begin(options: Partial<ResourceOptions> = {}, opened = true): Promise<void> {
  wire = await startWire(RESOURCE);
  resource = createResource({
    issuer: wire.issuer,
    resource: RESOURCE,
    credentials: { clientId: 'ops', clientSecret: 's:e/c ret' },
    ...options,
  });
  if (opened) await until(() => resource.signals.state === 'open');
}

const heard = async (seq: number): Promise<void> => until(() => resource.signals.lastSeq === seq);
const freeze = (kind: string, subject: string): Promise<void> => heard(wire.signal({ kind, subject, state: 'frozen', reason: 'test' }));
const reason = async (token: string): Promise<string> => {
  const verified = await resource.verify(token);
  return verified.ok ? 'accepted' : verified.reason;
};

describe('a killed subject', () => {
  test.each([
    ['agent', 'agent-1'],
    ['client', 'claude'],
    ['user', 'ann'],
    ['tenant', 'acme'],
    ['grant', 'grant-1'],
    ['token', 'jti-1'],
    ['hub', 'hub'],
  ])('of kind %s is refused while its token is still fresh, and works again when restored', async (kind, subject) => {
    await begin();
    const token = await wire.mint({ claims: { jti: 'jti-1' } });
    expect(await reason(token)).toBe('accepted');
    await freeze(kind, subject);
    expect(await reason(token)).toBe('revoked');
    expect(resource.signals.dead).toBe(1);
    await heard(wire.signal({ kind, subject, state: 'restored' }));
    expect(await reason(token)).toBe('accepted');
    expect(resource.signals.dead).toBe(0);
  });

  test('kills every token that passed through its hands', async () => {
    await begin();
    const act = { sub: 'reporting', agent: 'agent-2', act: { sub: 'claude', agent: 'agent-1' } };
    const token = await wire.mint({ claims: { client_id: 'reporting', agent: 'agent-2', act } });
    await freeze('agent', 'agent-1');
    expect(await reason(token)).toBe('revoked');
  });

  test('leaves everyone else alone', async () => {
    await begin();
    await freeze('agent', 'agent-9');
    await freeze('user', 'agent-1');
    await freeze('tenant', 'ann');
    expect(await reason(await wire.mint())).toBe('accepted');
  });

  test('does not stop tokens that the hub issued after its decision', async () => {
    await begin();
    await heard(wire.signal({ kind: 'agent', subject: 'agent-1', state: 'frozen', at: Date.now() - 60_000 }));
    expect(await reason(await wire.mint({ claims: { iat: seconds() - 120 } }))).toBe('revoked');
    expect(await reason(await wire.mint())).toBe('accepted');
  });

  test('of an unknown kind or with broken data changes nothing and does not end the stream', async () => {
    await begin();
    wire.signal({ kind: 'planet', subject: 'earth', state: 'frozen' });
    wire.signal({ kind: 'agent', subject: 'agent-1', state: 'frozen', at: 'tomorrow' });
    await freeze('agent', 'agent-2');
    expect(await reason(await wire.mint())).toBe('accepted');
    expect(wire.countOf('/signals/v1/stream')).toBe(1);
  });
});

describe('the stream', () => {
  test('is opened with the credentials of the client, form-encoded', async () => {
    await begin();
    const first = wire.requests.find((request) => request.path === '/signals/v1/stream');
    expect(first?.headers.authorization).toBe(`Basic ${btoa('ops:s%3Ae%2Fc+ret')}`);
    expect(first?.headers['last-event-id']).toBeUndefined();
  });

  test('takes an admin token too', async () => {
    await begin({ credentials: { adminToken: 'admin' } });
    expect(wire.requests.find((request) => request.path === '/signals/v1/stream')?.headers.authorization).toBe('Bearer admin');
  });

  test('resumes after a cut without losing or repeating a signal', async () => {
    await begin();
    const seen: number[] = [];
    resource.signals.on((event) => event.type === 'signal' && seen.push(event.signal.seq));
    await freeze('agent', 'agent-7');
    wire.dropStreams();
    await until(() => resource.signals.state !== 'open');
    wire.signal({ kind: 'agent', subject: 'agent-1', state: 'revoked' });
    wire.signal({ kind: 'user', subject: 'bob', state: 'revoked' });
    await heard(3);
    expect(seen).toEqual([1, 2, 3]);
    expect(await reason(await wire.mint())).toBe('revoked');
    expect(wire.requests.findLast((request) => request.path === '/signals/v1/stream')?.headers['last-event-id']).toBe('1');
  });

  test('survives a restart of the hub and says what happened meanwhile', async () => {
    await begin();
    const events: SignalsEvent['type'][] = [];
    const off = resource.signals.on((event) => events.push(event.type));
    await wire.stop();
    await until(() => resource.signals.state === 'down');
    expect(resource.signals.error).toBeTypeOf('string');
    wire.signal({ kind: 'agent', subject: 'agent-1', state: 'frozen' });
    await wire.restart();
    await heard(1);
    await until(() => resource.signals.state === 'open');
    expect(events[0]).toBe('down');
    expect(events.slice(-2)).toEqual(['signal', 'open']);
    expect(await reason(await wire.mint())).toBe('revoked');
    off();
    await freeze('agent', 'agent-5');
    expect(events.at(-1)).toBe('open');
  });

  test('that is refused says so and is tried again', async () => {
    await begin({}, false);
    await until(() => resource.signals.state === 'open');
    wire.answer('/signals/v1/stream', (res) => res.writeHead(401).end());
    wire.dropStreams();
    await until(() => resource.signals.error === 'the hub answered 401');
    const tried = wire.countOf('/signals/v1/stream');
    await until(() => wire.countOf('/signals/v1/stream') > tried);
    expect(resource.signals.state).not.toBe('open');
  });

  test('of a hub that does not say so counts as caught up once its backlog is told', async () => {
    await begin();
    wire.become('terse');
    wire.dropStreams();
    await until(() => resource.signals.state !== 'open');
    wire.signal({ kind: 'agent', subject: 'agent-1', state: 'revoked' });
    const seen: string[] = [];
    resource.signals.on((event) => seen.push(event.type));
    await until(() => resource.signals.state === 'open');
    expect(seen.filter((type) => type !== 'down')).toEqual(['signal', 'open']);
  });

  test('is off without credentials', async () => {
    await begin({ credentials: undefined }, false);
    expect(resource.signals.state).toBe('off');
    expect(await reason(await wire.mint())).toBe('accepted');
    expect(wire.countOf('/signals/v1/stream')).toBe(0);
  });

  test('ends for good when the resource is closed', async () => {
    await begin();
    resource.close();
    // Whoever is not closed comes back each time it is dropped; by the third time so would have whoever is.
    const other = createResource({ issuer: wire.issuer, resource: RESOURCE, credentials: { adminToken: 'admin' } });
    const asked = (scheme: string): number =>
      wire.requests.filter(({ path, headers }) => path === '/signals/v1/stream' && headers.authorization?.startsWith(scheme)).length;
    for (let times = 1; times <= 3; times += 1) {
      await until(() => asked('Bearer') === times && other.signals.state === 'open');
      wire.dropStreams();
      await until(() => other.signals.state !== 'open');
    }
    other.close();
    expect(resource.signals.state).toBe('closed');
    expect(asked('Basic')).toBe(1);
  });
});

test('applied signals are acknowledged by number, also after a failure', async () => {
  await begin();
  wire.answer('/signals/v1/ack', (res) => res.writeHead(500).end());
  await freeze('agent', 'agent-8');
  await until(() => wire.countOf('/signals/v1/ack') > 0);
  wire.answer('/signals/v1/ack', (res) => (wire.acks.push(-1), res.writeHead(204).end()));
  await until(() => wire.acks.length > 0);
  expect(resource.signals.lastSeq).toBe(1);
});

test('acknowledgements carry the number of the newest signal', async () => {
  await begin();
  for (let at = 0; at < 20; at += 1) wire.signal({ kind: 'agent', subject: `gone-${at}`, state: 'revoked' });
  await until(() => wire.acks.at(-1) === 20);
  expect(wire.acks.length).toBeLessThanOrEqual(20);
});

test('a hundred thousand signals fill no more memory than was allowed, and bring nobody back to life', async () => {
  await begin({ maxRevocations: 1_000 });
  const before = await wire.mint({ claims: { agent: 'gone-1' } });
  for (let at = 0; at < 100_000; at += 1) wire.signal({ kind: 'agent', subject: `gone-${at}`, state: 'revoked' });
  await heard(100_000);
  expect(resource.signals.dead).toBe(1_000);
  // Forgotten by name, and refused for its age.
  expect(await reason(before)).toBe('revoked');
  await until(() => wire.acks.at(-1) === 100_000);
});

describe('fail closed', () => {
  test('refuses every token with "unavailable", not "invalid", once the stream is stale', async () => {
    const time = { skipped: 0 };
    await begin({ failClosedAfter: 30_000, clock: () => Date.now() + time.skipped });
    const token = await wire.mint({ claims: { exp: seconds() + 3600 } });
    expect(await reason(token)).toBe('accepted');
    // Long caught up: the time that counts begins with the cut, not with the start.
    time.skipped = 100_000;
    await wire.stop();
    await until(() => resource.signals.state === 'down');
    expect(await reason(token)).toBe('accepted');
    time.skipped = 131_000;
    const refused = await resource.verify(token);
    expect(refused).toEqual({ ok: false, error: 'temporarily_unavailable', reason: 'signals_stale' });
    expect(refused.ok || resource.refuse(refused).status).toBe(503);
    await wire.restart();
    await until(() => resource.signals.state === 'open');
    expect(await reason(token)).toBe('accepted');
  });

  test('holds also for a stream that never caught up', async () => {
    const time = { skipped: 0 };
    wire = await startWire(RESOURCE);
    wire.become('deaf');
    const credentials = { adminToken: 'admin' };
    resource = createResource({
      issuer: wire.issuer,
      resource: RESOURCE,
      credentials,
      failClosedAfter: 1_000,
      clock: () => Date.now() + time.skipped,
    });
    await until(() => wire.countOf('/signals/v1/stream') === 1);
    time.skipped = 2_000;
    expect(await reason(await wire.mint())).toBe('signals_stale');
  });
});
