import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync, appendFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { signAws } from '../../base/aws/sign.ts';
import { fixedClock } from '../../base/clock.ts';
import { createDial } from '../../base/outbound/dial.ts';
import { createOutbound } from '../../base/outbound/outbound.ts';
import type { AuditEvent } from '../audit/event.ts';
import { sinkConfig } from './config.ts';
import { pack } from './pack.ts';
import { startReceiver, type Receiver } from './receiver.suite.ts';
import type { Outgoing, Sending } from './send.ts';
import { sendersOf } from './senders.store.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const SECRET = 'whsec_c2luay1jYW5hcnktc2VjcmV0LTAxMjM0NTY3ODk=';
const open: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

function senders(options: { allowLoopback?: boolean; dataDir?: string } = {}) {
  const rules = { allowLoopback: options.allowLoopback ?? true };
  const outbound = createOutbound(rules);
  open.push(() => outbound.close());
  const clock = fixedClock(NOW);
  return sendersOf({
    outbound,
    dial: createDial(rules),
    clock,
    issuer: 'https://hub.example.com',
    version: '9.9.9',
    dataDir: options.dataDir ?? '/nowhere',
  });
}

async function receiver(): Promise<Receiver> {
  const started = await startReceiver();
  open.push(() => started.close());
  return started;
}

function sinkOf(config: Record<string, unknown>): Sending {
  const { secret: _secret, name = 'x', ...rest } = sinkConfig.parse({ id: 'siem', ...config });
  return { ...rest, name };
}

function event(n: number, of: Partial<AuditEvent> = {}): AuditEvent {
  return {
    actor: { agent: 'agt_1', chain: [], client: 'worker', user: 'ann' },
    data: { n, note: 'Zürich | = \\ \n "quoted" 😀' },
    id: `evt_${String(n).padStart(4, '0')}`,
    initiator: 'agent-for-human',
    ip: '192.0.2.7',
    outcome: 'success',
    prev: 'p',
    request: 'req_1',
    seq: n,
    target: { id: 'ops', type: 'resource' },
    tenant: 'acme',
    time: '2026-03-01T11:59:59.123Z',
    type: 'token.issued',
    txn: 'txn_1',
    userAgent: 'Agent/1',
    ...of,
  };
}

function outgoing(sink: Sending, events: readonly AuditEvent[]): Outgoing[] {
  const of = { version: '9.9.9', maskHash: (value: string) => `h(${value})` };
  return events.map((one) =>
    pack({ chain: one.tenant ?? '', seq: one.seq, id: one.id, time: Date.parse(one.time), event: one, hash: `hash-${one.seq}` }, sink, of),
  );
}

describe('a webhook', () => {
  it('is signed as Standard Webhooks says: the id of the event, seconds, HMAC-SHA256 of id.timestamp.body under the decoded secret', async () => {
    const to = await receiver();
    const sink = sinkOf({ type: 'webhook', url: `${to.url}/hook`, headers: { 'x-team': 'soc' } });
    const items = outgoing(sink, [event(1), event(2)]);
    expect(await senders().webhook(sink, SECRET, items)).toEqual({ taken: new Set([0, 1]), fault: undefined });
    expect(to.received).toHaveLength(2);
    for (const [index, { headers, body }] of to.received.entries()) {
      expect(headers).toMatchObject({ 'webhook-id': `evt_000${index + 1}`, 'webhook-timestamp': String(NOW / 1_000), 'x-team': 'soc' });
      const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
      const expected = createHmac('sha256', key)
        .update(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`)
        .digest('base64');
      expect(headers['webhook-signature']).toBe(`v1,${expected}`);
      expect(JSON.parse(body)).toEqual({
        type: 'token.issued',
        timestamp: '2026-03-01T11:59:59.123Z',
        data: { ...event(index + 1), hash: `hash-${index + 1}` },
      });
    }
  });

  it('carries many events under an id that the same list has again', async () => {
    const to = await receiver();
    const sink = sinkOf({ type: 'webhook', url: to.url, batch: { events: 10 } });
    const items = outgoing(sink, [event(1), event(2), event(3)]);
    await senders().webhook(sink, SECRET, items);
    await senders().webhook(sink, SECRET, items);
    const [first, second] = to.received;
    expect(first?.headers['webhook-id']).toBe(second?.headers['webhook-id']);
    expect(JSON.parse(first?.body ?? '')).toMatchObject({
      type: 'audit.events',
      data: [{ id: 'evt_0001' }, { id: 'evt_0002' }, { id: 'evt_0003' }],
    });
  });

  it('stops a tenant at the first failure, so that nothing overtakes it', async () => {
    const to = await receiver();
    to.answer(({ body }) => ({ status: body.includes('evt_0002') ? 500 : 204 }));
    const sink = sinkOf({ type: 'webhook', url: to.url });
    const sent = await senders().webhook(sink, SECRET, outgoing(sink, [event(1), event(2), event(3)]));
    expect(sent.taken).toEqual(new Set([0]));
    expect(sent.fault).toMatchObject({ kind: 'retry', at: 1, sentence: 'It answered 500.' });
    expect(to.received.map(({ headers }) => headers['webhook-id'])).toEqual(['evt_0001', 'evt_0002']);
  });
});

describe('an answer of a sink', () => {
  it.each([
    [{ status: 200 }, undefined],
    [{ status: 400 }, { kind: 'refused' }],
    [{ status: 413 }, { kind: 'refused' }],
    [{ status: 401 }, { kind: 'retry', sentence: expect.stringContaining('credential') }],
    [{ status: 404 }, { kind: 'retry' }],
    [
      { status: 429, headers: { 'retry-after': '7' } },
      { kind: 'retry', retryAfterMs: 7_000 },
    ],
    [
      { status: 302, headers: { location: 'http://169.254.169.254/latest' } },
      { kind: 'retry', sentence: expect.stringContaining('redirect') },
    ],
    [
      { status: 200, body: 'x'.repeat(400_000) },
      { kind: 'retry', sentence: expect.stringContaining('more than') },
    ],
    [{ status: 200, cut: true as const }, { kind: 'retry' }],
  ])('of %o means %o', async (answer, fault) => {
    const to = await receiver();
    to.answer(() => answer);
    const sink = sinkOf({ type: 'webhook', url: to.url });
    const sent = await senders().webhook(sink, SECRET, outgoing(sink, [event(1)]));
    if (fault === undefined) expect(sent.fault).toBeUndefined();
    else expect(sent).toMatchObject({ taken: new Set(), fault });
  });

  it('that comes drop by drop ends by the clock of the sender', async () => {
    const to = await receiver();
    to.answer(() => ({ status: 200, drip: true }));
    const sink = sinkOf({ type: 'webhook', url: to.url });
    expect(await senders().webhook(sink, SECRET, outgoing(sink, [event(1)]))).toMatchObject({
      taken: new Set(),
      fault: { kind: 'retry', sentence: 'It did not answer in time.' },
    });
  });
});

describe('194 a sink at an address that is not public, CVE-2026-5469, CVE-2026-5052', () => {
  it.each([
    ['webhook', { url: 'https://10.0.0.5/in' }],
    ['webhook', { url: 'https://169.254.169.254/latest' }],
    ['otlp', { url: 'https://[fd00::1]/v1/logs' }],
    ['splunk', { url: 'https://192.168.1.1:8088' }],
    ['s3', { url: 'https://127.0.0.1/bucket', accessKeyId: 'a' }],
    ['syslog', { url: 'tls://10.1.2.3:6514' }],
    ['syslog', { url: 'tcp://127.0.0.1:6514' }],
    ['syslog', { url: 'tcp://localhost:6514' }],
    ['syslog', { url: 'tcp://198.51.100.7:514' }],
    ['syslog', { url: 'tcp://93.184.216.34:514' }],
  ] as const)('of type %s, %o, is never connected to', async (type, config) => {
    const sink = sinkOf({ type, ...config });
    expect(await senders({ allowLoopback: false })[type](sink, SECRET, outgoing(sink, [event(1)]))).toMatchObject({
      taken: new Set(),
      fault: { kind: 'retry', sentence: expect.stringMatching(/none that sinks may/) },
    });
  });
});

describe('OTLP', () => {
  it('sends log records as the JSON mapping writes them, with the token', async () => {
    const to = await receiver();
    to.answer(() => ({ status: 200, body: '{"partialSuccess":{}}' }));
    const sink = sinkOf({ type: 'otlp', url: `${to.url}/v1/logs` });
    expect(await senders().otlp(sink, 'tok', outgoing(sink, [event(1), event(2, { outcome: 'refused' })]))).toEqual({
      taken: new Set([0, 1]),
    });
    const [request] = to.received;
    expect(request).toMatchObject({ path: '/v1/logs', headers: { authorization: 'Bearer tok', 'content-type': 'application/json' } });
    const body = JSON.parse(request?.body ?? '');
    expect(body.resourceLogs[0].resource.attributes).toContainEqual({ key: 'service.name', value: { stringValue: 'writ' } });
    const records = body.resourceLogs[0].scopeLogs[0].logRecords;
    expect(records).toMatchObject([
      {
        timeUnixNano: '1772366399123000000',
        observedTimeUnixNano: `${NOW}000000`,
        severityNumber: 9,
        severityText: 'INFO',
        eventName: 'token.issued',
      },
      { severityNumber: 13, severityText: 'WARN' },
    ]);
    expect(records[0].attributes).toEqual(
      expect.arrayContaining([
        { key: 'log.record.uid', value: { stringValue: 'evt_0001' } },
        { key: 'writ.seq', value: { intValue: '1' } },
        { key: 'user.id', value: { stringValue: 'ann' } },
      ]),
    );
    expect(JSON.parse(records[0].body.stringValue)).toEqual({ ...event(1), hash: 'hash-1' });
  });

  it('takes a partial success for a refusal, by header where one is named', async () => {
    const to = await receiver();
    to.answer(() => ({ status: 200, body: '{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"no"}}' }));
    const sink = sinkOf({ type: 'otlp', url: to.url, secretHeader: 'x-api-key' });
    expect(await senders().otlp(sink, 'tok', outgoing(sink, [event(1), event(2)]))).toMatchObject({
      taken: new Set(),
      fault: { kind: 'refused' },
    });
    expect(to.received[0]?.headers).toMatchObject({ 'x-api-key': 'tok' });
    expect(to.received[0]?.headers.authorization).toBeUndefined();
  });
});

describe('Splunk', () => {
  it('gets objects one behind the other at the collector, with its token', async () => {
    const to = await receiver();
    to.answer(() => ({ status: 200, body: '{"text":"Success","code":0}' }));
    const sink = sinkOf({ type: 'splunk', url: to.url, index: 'security' });
    expect(await senders().splunk(sink, 'hec-token', outgoing(sink, [event(1), event(2)]))).toEqual({ taken: new Set([0, 1]) });
    const [request] = to.received;
    expect(request).toMatchObject({ path: '/services/collector/event', headers: { authorization: 'Splunk hec-token' } });
    const objects = (request?.body ?? '').split(/(?<=\})(?=\{"time")/).map((text): unknown => JSON.parse(text));
    expect(objects).toMatchObject([
      {
        time: 1772366399.123,
        host: 'hub.example.com',
        source: 'writ',
        sourcetype: 'writ:audit',
        index: 'security',
        event: { id: 'evt_0001' },
      },
      { event: { id: 'evt_0002' } },
    ]);
  });

  it('says no for reasons of an event or of the sink, and the code tells which', async () => {
    const to = await receiver();
    const sink = sinkOf({ type: 'splunk', url: to.url });
    const tried = async (code: number) => {
      to.answer(() => ({ status: 400, body: JSON.stringify({ text: 'said', code }) }));
      return (await senders().splunk(sink, 'hec-token', outgoing(sink, [event(1)]))).fault;
    };
    expect(await tried(6)).toMatchObject({ kind: 'refused', sentence: expect.stringContaining('code is 6') });
    expect(await tried(7)).toMatchObject({ kind: 'retry', sentence: expect.stringContaining('code is 7') });
  });
});

describe('S3', () => {
  it('gets one object per chain, signed so that a verifier of another make agrees', async () => {
    const to = await receiver();
    to.answer(() => ({ status: 200 }));
    const sink = sinkOf({ type: 's3', url: `${to.url}/bucket`, accessKeyId: 'AKIDEXAMPLE', region: 'eu-central-1', prefix: 'audit/' });
    const sent = await senders().s3(sink, 'secret-key', outgoing(sink, [event(1), event(2), event(1, { tenant: null, id: 'evt_hub' })]));
    expect(sent).toEqual({ taken: new Set([0, 1, 2]) });
    expect(to.received.map(({ method, path }) => [method, path])).toEqual([
      ['PUT', '/bucket/audit/acme/2026/03/01/000000000001-000000000002.ndjson'],
      ['PUT', '/bucket/audit/_hub/2026/03/01/000000000001-000000000001.ndjson'],
    ]);
    for (const { headers, body, path } of to.received) {
      expect(signatureOf({ path, headers, body }, { secret: 'secret-key', region: 'eu-central-1' })).toBe(
        /Signature=([0-9a-f]{64})$/.exec(headers.authorization ?? '')?.[1],
      );
      expect(headers['x-amz-checksum-sha256']).toBe(createHash('sha256').update(body).digest('base64'));
    }
    expect(
      to.received[0]?.body
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line).id),
    ).toEqual(['evt_0001', 'evt_0002']);
  });
});

it('an object is signed as in the example that AWS publishes for S3', () => {
  const { authorization } = signAws(
    {
      method: 'PUT',
      url: 'https://examplebucket.s3.amazonaws.com/test%24file.text',
      headers: {
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      },
      body: 'Welcome to Amazon S3.',
    },
    {
      keys: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
      region: 'us-east-1',
      service: 's3',
      now: Date.parse('2013-05-24T00:00:00Z'),
    },
  );
  expect(authorization).toMatch(/Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd$/);
});

/** Signature Version 4 as a server checks it, from what arrived: the headers it names, the path as it came, the digest of the body. */
function signatureOf(
  request: { path: string; headers: Record<string, string | string[] | undefined>; body: string },
  of: { secret: string; region: string },
): string {
  const authorization = String(request.headers['authorization']);
  const [, scope = '', names = ''] = /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+)/.exec(authorization) ?? [];
  const sha = (text: string) => createHash('sha256').update(text).digest('hex');
  const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  expect(names.split(';')).toEqual(expect.arrayContaining(['host', 'x-amz-content-sha256', 'x-amz-date']));
  expect(request.headers['x-amz-content-sha256']).toBe(sha(request.body));
  const canonical = [
    'PUT',
    request.path,
    '',
    ...names.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}`),
    '',
    names,
    sha(request.body),
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, sha(canonical)].join('\n');
  const [day = '', region = '', service = ''] = scope.split('/');
  expect([region, service]).toEqual([of.region, 's3']);
  return mac(mac(mac(mac(mac(`AWS4${of.secret}`, day), region), service), 'aws4_request'), text).toString('hex');
}

describe('a file', () => {
  const folder = (): string => {
    const made = mkdtempSync(join(tmpdir(), 'writ-sink-'));
    open.push(() => rmSync(made, { recursive: true, force: true }));
    return made;
  };
  const lines = (path: string): string[] =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).id);

  it('gets a line per event, is nobody else’s to read, and turns over when it is full', async () => {
    const dataDir = folder();
    const sink = sinkOf({ type: 'file', maxBytes: 1_024, keep: 2 });
    const { file } = senders({ dataDir });
    for (let n = 1; n <= 12; n += 1) expect(await file(sink, undefined, outgoing(sink, [event(n)]))).toEqual({ taken: new Set([0]) });
    const names = readdirSync(join(dataDir, 'sinks', 'siem')).sort();
    expect(names).toHaveLength(3);
    const found = [...names.filter((name) => name !== 'events.ndjson'), 'events.ndjson'].flatMap((name) =>
      lines(join(dataDir, 'sinks', 'siem', name)),
    );
    expect(found).toEqual(
      Array.from({ length: found.length }, (_, index) => `evt_${String(12 - found.length + index + 1).padStart(4, '0')}`),
    );
    expect(statSync(join(dataDir, 'sinks', 'siem', 'events.ndjson')).mode & 0o077).toBe(0);
  });

  it('loses the half line of a crash and keeps the whole ones', async () => {
    const dataDir = folder();
    const sink = sinkOf({ type: 'file' });
    const path = join(dataDir, 'sinks', 'siem', 'events.ndjson');
    await senders({ dataDir }).file(sink, undefined, outgoing(sink, [event(1), event(2)]));
    truncateSync(path, statSync(path).size - 7);
    await senders({ dataDir }).file(sink, undefined, outgoing(sink, [event(2), event(3)]));
    expect(lines(path)).toEqual(['evt_0001', 'evt_0002', 'evt_0003']);
    appendFileSync(path, 'x'.repeat(200_000));
    await senders({ dataDir }).file(sink, undefined, outgoing(sink, [event(4)]));
    expect(lines(path)).toEqual(['evt_0001', 'evt_0002', 'evt_0003', 'evt_0004']);
  });

  it('that cannot be written is a sentence, and a link in its place is not followed', async () => {
    const dataDir = folder();
    const sink = sinkOf({ type: 'file' });
    writeFileSync(join(dataDir, 'sinks'), 'in the way');
    expect(await senders({ dataDir }).file(sink, undefined, outgoing(sink, [event(1)]))).toMatchObject({
      taken: new Set(),
      fault: { kind: 'retry', sentence: expect.stringMatching(/cannot be written/) },
    });
    rmSync(join(dataDir, 'sinks'));
    mkdirSync(join(dataDir, 'sinks', 'siem'), { recursive: true });
    const { symlinkSync } = await import('node:fs');
    writeFileSync(join(dataDir, 'target'), 'precious\n');
    symlinkSync(join(dataDir, 'target'), join(dataDir, 'sinks', 'siem', 'events.ndjson'));
    expect(await senders({ dataDir }).file(sink, undefined, outgoing(sink, [event(1)]))).toMatchObject({
      fault: { sentence: 'The file cannot be written (ELOOP).' },
    });
    expect(readFileSync(join(dataDir, 'target'), 'utf8')).toBe('precious\n');
  });
});
