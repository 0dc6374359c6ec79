import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { CLIENT_ASSERTION_TYPES } from '@writ/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { searchEvents } from '../audit/search.store.ts';
import { readCaller, readSignedRequest, STS_BODY } from './sts.ts';

const OPS = 'http://localhost:9000/mcp';
const ACCOUNT = '123456789012';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/payer`;
const SECRET_KEY = 'AWS-secret-key-of-a-role-session';

const answered = (arn: string, account = ACCOUNT): string =>
  `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>${arn}</Arn><UserId>AROA:i-1</UserId><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Signature Version 4 as a workload makes it. */
function signed(at: number, endpoint: string, more: Record<string, string> = {}) {
  const date = `${new Date(at).toISOString().replaceAll(/[-:]/g, '').slice(0, 15)}Z`;
  const day = date.slice(0, 8);
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded',
    host: new URL(endpoint).host,
    'x-amz-date': date,
    ...more,
  };
  const names = Object.keys(headers).toSorted();
  const canonical = ['POST', '/', '', ...names.map((name) => `${name}:${headers[name]}`), '', names.join(';'), sha256(STS_BODY)].join('\n');
  const scope = `${day}/eu-central-1/sts/aws4_request`;
  const key = ['eu-central-1', 'sts', 'aws4_request'].reduce<Buffer>((from, part) => hmac(from, part), hmac(`AWS4${SECRET_KEY}`, day));
  const signature = createHmac('sha256', key)
    .update(['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n'))
    .digest('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE123456/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { url: `${endpoint}/`, headers: { ...headers, authorization }, body: STS_BODY };
}

describe('a request signed for AWS STS', () => {
  const now = Date.UTC(2026, 10, 21, 12);
  const endpoint = 'https://sts.eu-central-1.amazonaws.com';
  const serverId = 'https://hub.example';
  const good = signed(now, endpoint, { 'x-writ-server-id': serverId });
  const read = (of: object) => readSignedRequest({ ...good, ...of }, { endpoint, serverId, now });

  it('is sent in our words: the address that is trusted, the body that is expected, the headers that were signed', () => {
    const ready = read({});
    expect(ready).toMatchObject({ ok: true, value: { url: `${endpoint}/` } });
    if (ready.ok)
      expect(Object.keys(ready.value.headers).toSorted()).toEqual(['authorization', 'content-type', 'x-amz-date', 'x-writ-server-id']);
  });

  // CVE-2020-16250: the address, the body or the answer's form were the caller's to choose; CVE-2025-59048: a header that stands twice.
  it.each([
    ['another address', { url: 'https://evil.example/' }, 'sts_endpoint'],
    ['an address with a query', { url: `${endpoint}/?Action=GetSessionToken` }, 'sts_endpoint'],
    ['an address that begins like it', { url: `${endpoint}.evil.example/` }, 'sts_endpoint'],
    ['another deed', { body: 'Action=AssumeRole&Version=2011-06-15' }, 'sts_request'],
    ['another method', { method: 'GET' }, 'sts_request'],
    ['a header that asks for JSON', { headers: { ...good.headers, accept: 'application/json' } }, 'sts_header'],
    ['a header twice', { headers: { ...good.headers, 'X-Writ-Server-Id': serverId } }, 'sts_header'],
    ['a host of its own', { headers: { ...good.headers, host: 'evil.example' } }, 'sts_header'],
    ['a line break', { headers: { ...good.headers, 'x-amz-security-token': 'a\r\nb: c' } }, 'sts_header'],
    ['another hub', { headers: { ...good.headers, 'x-writ-server-id': 'https://other.example' } }, 'sts_server_id'],
    ['no hub', signed(now, endpoint), 'sts_server_id'],
    ['a hub that was not signed', { headers: { ...signed(now, endpoint).headers, 'x-writ-server-id': serverId } }, 'sts_signature'],
    ['yesterday', signed(now - 600_000, endpoint, { 'x-writ-server-id': serverId }), 'sts_date'],
    ['tomorrow', signed(now + 600_000, endpoint, { 'x-writ-server-id': serverId }), 'sts_date'],
  ])('is refused with %s', (_, of, reason) => {
    expect(read(of)).toMatchObject({ ok: false, error: { reason } });
  });

  it('is answered by whoever AWS says it was: the role of a session, not the name that the session chose', () => {
    expect(readCaller(answered(`arn:aws:sts::${ACCOUNT}:assumed-role/payer/anything`))).toMatchObject({ sub: ROLE, account: ACCOUNT });
    expect(readCaller(answered(`arn:aws:iam::${ACCOUNT}:user/ci`))).toMatchObject({ sub: `arn:aws:iam::${ACCOUNT}:user/ci` });
  });

  it.each([
    ['two names', answered(`${ROLE}</Arn><Arn>${ROLE}`)],
    ['an account that is not that of the name', answered(ROLE, '999999999999')],
    ['no name of AWS', answered('payer')],
    ['an error', '<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code></Error></ErrorResponse>'],
    ['JSON', '{"GetCallerIdentityResponse":{}}'],
  ])('is nobody’s when the answer has %s', (_, xml) => {
    expect(readCaller(xml)).toBeUndefined();
  });
});

describe('a workload that signs for AWS STS', () => {
  let hub: TestHouse;
  let sts: Server;
  let endpoint = '';
  const asked: IncomingHttpHeaders[] = [];
  let answer = { status: 200, body: answered(`arn:aws:sts::${ACCOUNT}:assumed-role/payer/i-1`) };

  beforeAll(async () => {
    sts = createServer((request, response) => {
      asked.push(request.headers);
      response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(answer.body);
    });
    await new Promise<void>((resolve) => sts.listen(0, '127.0.0.1', () => resolve()));
    const address = sts.address();
    endpoint = `http://localhost:${address !== null && typeof address === 'object' ? address.port : 0}`;
    hub = await testHouse();
    await hub.apply({
      resources: [{ id: 'ops', type: 'mcp', uri: OPS, scopes: [{ name: 'read' }] }],
      issuers: [{ id: 'aws', issuer: endpoint, preset: 'aws_sts', purposes: ['client_assertion'] }],
      clients: [{ id: 'payer', name: 'Payer', kind: 'service', workload: [{ issuer: 'aws', subject: ROLE }] }],
      policies: [{ id: 'all', effect: 'allow', subject: { any: true }, target: { resources: 'all' }, scopes: 'all' }],
    });
  });
  afterAll(async () => {
    await hub.close();
    sts.close();
  });

  const ask = async (request: object) => {
    const client_assertion = Buffer.from(JSON.stringify(request)).toString('base64url');
    const form = { grant_type: 'client_credentials', client_assertion_type: CLIENT_ASSERTION_TYPES.aws_sts, client_assertion };
    const reply = await hub.post('/oauth/token', form);
    const [refused] = await searchEvents(hub.house.rooms.database.db, { type: 'token.refused', limit: 1 });
    return { status: reply.status, reason: reply.status === 200 ? undefined : refused?.reason };
  };
  const fresh = () => signed(hub.clock.now(), endpoint, { 'x-writ-server-id': hub.issuer });

  it('is its client, once per signature, and AWS hears what was signed', async () => {
    const request = fresh();
    expect(await ask(request)).toEqual({ status: 200, reason: undefined });
    expect(asked.at(-1)).toMatchObject({ authorization: request.headers.authorization, 'x-writ-server-id': hub.issuer });
    expect(await ask(request)).toEqual({ status: 401, reason: 'assertion_replayed' });
  });

  it('is nobody with another role, when AWS refuses, or for an endpoint that nobody trusts', async () => {
    const before = asked.length;
    hub.clock.advance(1_000);
    answer = { status: 200, body: answered(`arn:aws:sts::${ACCOUNT}:assumed-role/payer-of-others/i-1`) };
    expect((await ask(fresh())).reason).toBe('workload_unknown');
    answer = { status: 403, body: '<ErrorResponse/>' };
    hub.clock.advance(1_000);
    expect((await ask(fresh())).reason).toBe('sts_refused');
    expect(asked.length).toBe(before + 2);
    expect((await ask(signed(hub.clock.now(), 'http://localhost:1', { 'x-writ-server-id': hub.issuer }))).reason).toBe('sts_endpoint');
    expect(asked.length).toBe(before + 2);
  });
});
