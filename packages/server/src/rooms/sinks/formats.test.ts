import { describe, expect, it } from 'vitest';
import { EVENT_TYPES, type AuditEvent } from '../audit/event.ts';
import { masked } from './mask.ts';
import { ocsf } from './ocsf.ts';
import { sinkConfig, syslogTarget } from './config.ts';

const hash = (value: string): string => `#${value.length}`;
const EVENT: AuditEvent = {
  actor: { agent: 'agt_1', chain: ['ann', 'server-b'], client: 'cli', user: 'ann' },
  data: {
    email: 'ann@acme.test',
    policy: {
      request: {
        user: { id: 'ann', attributes: { department: 'ops', levels: ['a'] }, roles: ['SRE'] },
        request: { ip: '192.0.2.7' },
        jwtClaims: { sub: 'ann-upstream' },
      },
      rules: ['ops'],
    },
    owner: 'user:ann',
    scopes: ['incidents:read'],
    sentence: 'ann@acme.test came from 192.0.2.7',
    channel: 'announcements',
  },
  decision: 'dec_1',
  id: 'evt_1',
  initiator: 'human',
  ip: '192.0.2.7',
  outcome: 'refused',
  prev: 'p',
  reason: 'ann@acme.test is frozen',
  request: 'req_1',
  seq: 4,
  target: { id: 'ann', type: 'user' },
  tenant: 'acme',
  time: '2026-03-01T11:59:59.123Z',
  type: 'login.failed',
  userAgent: 'Browser/1',
};

describe('the mask', () => {
  it('leaves everything alone where nothing is to be hidden', () => {
    expect(masked(EVENT, {}, hash)).toBe(EVENT);
  });

  it('hides the person wherever it stands, and only it', () => {
    const shown = JSON.stringify(masked(EVENT, { user: 'omit' }, hash));
    expect(shown).not.toMatch(/"ann"|ann@acme|user:ann|ann-upstream|"ops","levels"/);
    expect(JSON.parse(shown)).toMatchObject({
      actor: { user: 'omitted', client: 'cli', agent: 'agt_1', chain: ['omitted', 'server-b'] },
      target: { type: 'user', id: 'omitted' },
      ip: '192.0.2.7',
      data: {
        email: 'omitted',
        owner: 'user:omitted',
        scopes: ['incidents:read'],
        channel: 'announcements',
        policy: { rules: ['ops'], request: { user: { roles: ['SRE'] } } },
      },
    });
  });

  it('hashes a person to the same value everywhere', () => {
    expect(masked(EVENT, { user: 'hash' }, hash)).toMatchObject({
      actor: { user: 'hash:#3', chain: ['hash:#3', 'server-b'] },
      target: { id: 'hash:#3' },
      data: { email: 'hash:#13', policy: { request: { user: { id: 'hash:#3' } } } },
    });
  });

  it('hides address and user agent alone', () => {
    const shown = masked(EVENT, { ip: 'hash', userAgent: 'omit' }, hash);
    expect(shown).toMatchObject({
      ip: 'hash:#9',
      userAgent: 'omitted',
      actor: { user: 'ann' },
      data: { policy: { request: { request: { ip: 'hash:#9' } } } },
    });
  });

  it('shows of a change to a person which members, and not what they say', () => {
    const changed: AuditEvent = {
      ...EVENT,
      type: 'admin.changed',
      data: { deed: 'changed', changes: [{ field: 'email', from: '"ann@acme.test"', to: '"a@b.test"' }] },
    };
    expect(masked(changed, { user: 'hash' }, hash).data).toEqual({
      deed: 'changed',
      changes: [{ field: 'email', from: 'omitted', to: 'omitted' }],
    });
  });
});

describe('OCSF', () => {
  const FEW = { base_event: 0, account: 3001, authentication: 3002, entity: 3004, lifecycle: 6002 };

  it('has what the schema demands of its class, for every type of entry', () => {
    for (const type of EVENT_TYPES) {
      for (const target of [EVENT.target, { id: 'c', type: 'client' }, null]) {
        const event = ocsf({ ...EVENT, type, target, actor: target === null ? { chain: [] } : EVENT.actor }, 'h', '1');
        const { class_uid: uid, activity_id: activity } = event;
        expect(Object.values(FEW)).toContain(uid);
        expect(event).toMatchObject({
          category_uid: Math.floor(Number(uid) / 1_000),
          type_uid: Number(uid) * 100 + Number(activity),
          severity_id: expect.any(Number),
          time: 1772366399123,
          metadata: { version: '1.3.0', uid: 'evt_1', product: { name: 'Writ', vendor_name: 'Writ' } },
        });
        // At least one member of an actor, a user, an entity.
        expect(Object.keys(Object(event['actor']))).not.toEqual([]);
        if (uid === 3001 || uid === 3002) expect(event).toMatchObject({ user: { uid: expect.any(String) } });
        if (uid === 3004) expect(event).toMatchObject({ entity: { uid: expect.any(String), type: expect.any(String) } });
        if (uid === 6002) expect(event).toMatchObject({ app: { name: 'Writ' } });
      }
    }
  });

  it('says of a failed login that it failed, whose and from where', () => {
    expect(ocsf(EVENT, 'h', '1')).toMatchObject({
      class_uid: 3002,
      activity_id: 1,
      type_uid: 300201,
      status_id: 2,
      status_detail: 'ann@acme.test is frozen',
      user: { uid: 'ann' },
      src_endpoint: { ip: '192.0.2.7' },
      metadata: { tenant_uid: 'acme', event_code: 'login.failed', sequence: 4 },
      unmapped: { hash: 'h', prev: 'p', decision: 'dec_1' },
    });
  });
});

describe('the config of a sink', () => {
  const fits = (value: Record<string, unknown>): boolean => sinkConfig.safeParse({ id: 'x', ...value }).success;

  it.each([
    [true, { type: 'webhook', url: 'https://a.test/x' }],
    [true, { type: 'syslog', url: 'tls://logs.test:6514', format: 'cef' }],
    [true, { type: 'syslog', url: 'tcp://[::1]:514' }],
    [true, { type: 'file' }],
    [false, { type: 'file', url: 'https://a.test' }],
    [false, { type: 'webhook' }],
    [false, { type: 'webhook', url: 'http://a.test' }],
    [false, { type: 'webhook', url: 'https://user:pw@a.test' }],
    [false, { type: 'webhook', url: 'tls://a.test:1' }],
    [false, { type: 'webhook', url: 'https://a.test', format: 'cef' }],
    [false, { type: 'webhook', url: 'https://a.test', headers: { authorization: 'x' } }],
    [false, { type: 'webhook', url: 'https://a.test', headers: { 'X-A': 'a\nb' } }],
    [false, { type: 'webhook', url: 'https://a.test', filter: { types: ['nothing.*'] } }],
    [false, { type: 'syslog', url: 'https://a.test' }],
    [false, { type: 'syslog', url: 'tls://a.test' }],
    [false, { type: 's3', url: 'https://a.test/b' }],
    [false, { type: 's3', url: 'https://a.test/b', accessKeyId: 'a', prefix: '../x' }],
    [false, { type: 's3', url: 'https://a.test/b', accessKeyId: 'a', prefix: '../x/' }],
    [false, { type: 's3', url: 'https://a.test/b', accessKeyId: 'a', prefix: 'x/./' }],
    [true, { type: 's3', url: 'https://a.test/b', accessKeyId: 'a', prefix: '..x/.y/' }],
    [false, { type: 'otlp', url: 'https://a.test', region: 'x' }],
  ])('%s: %o', (expected, value) => {
    expect(fits(value)).toBe(expected);
  });

  it('names host and port of a syslog receiver', () => {
    expect(syslogTarget('tls://Logs.Test:6514')).toEqual({ tls: true, host: 'logs.test', port: 6514 });
    expect(syslogTarget('tcp://[::1]:514')).toEqual({ tls: false, host: '::1', port: 514 });
    expect(syslogTarget('tcp://a:0')).toBeUndefined();
    expect(syslogTarget('udp://a:1')).toBeUndefined();
  });
});
