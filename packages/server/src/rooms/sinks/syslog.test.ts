import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../base/outbound/certificate.suite.ts';
import { createDial } from '../../base/outbound/dial.ts';
import type { AuditEvent } from '../audit/event.ts';
import { sinkConfig } from './config.ts';
import { pack } from './pack.ts';
import { portOf } from './receiver.suite.ts';
import type { Outgoing, Sending } from './send.ts';
import { syslogSend } from './syslog.store.ts';
import { syslogMessage } from './syslog.ts';

const PROGRAM = ['/usr/sbin/rsyslogd', '/sbin/rsyslogd'].find((path) => existsSync(path));
const TLS_DRIVER = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64'].some((lib) =>
  existsSync(join(lib, 'rsyslog', 'lmnsd_ossl.so')),
);

function sinkOf(config: Record<string, unknown>): Sending {
  const { secret: _secret, name = 'x', ...rest } = sinkConfig.parse({ id: 'siem', type: 'syslog', ...config });
  return { ...rest, name };
}

function event(n: number, of: Partial<AuditEvent> = {}): AuditEvent {
  return {
    actor: { chain: [], client: 'worker', user: 'ann' },
    data: { n, note: 'Zürich | = \\ \n 😀' },
    id: `evt_${String(n).padStart(4, '0')}`,
    initiator: 'human',
    ip: '192.0.2.7',
    outcome: 'success',
    prev: 'p',
    request: 'req_1',
    seq: n,
    target: null,
    tenant: 'acme',
    time: '2026-03-01T11:59:59.123Z',
    type: 'login.succeeded',
    userAgent: 'Browser a=b|c\nd',
    ...of,
  };
}

function outgoing(sink: Sending, events: readonly AuditEvent[]): Outgoing[] {
  const of = { version: '9.9.9', maskHash: (value: string) => value };
  return events.map((one) =>
    pack({ chain: one.tenant ?? '', seq: one.seq, id: one.id, time: Date.parse(one.time), event: one, hash: 'hh' }, sink, of),
  );
}

const send = (options: { allowLoopback?: boolean; resolve?: (name: string) => Promise<readonly string[]> } = {}) =>
  syslogSend({ dial: createDial({ allowLoopback: true, ...options }), host: 'hub.example.com', version: '9.9.9' });

describe('a message of RFC 5424', () => {
  it('has priority, version, time, host, application, type and structured data in front, and JSON in ASCII', () => {
    const text = syslogMessage(event(1), '{"a":"ü😀"}', { host: 'hub.example.com', version: '1', cef: false });
    expect(text).toBe(
      '<110>1 2026-03-01T11:59:59.123Z hub.example.com writ - login.succeeded [origin software="writ" swVersion="1"] {"a":"\\u00fc\\ud83d\\ude00"}',
    );
    expect(JSON.parse(text.slice(text.indexOf('{')))).toEqual({ a: 'ü😀' });
  });

  it('cannot be made longer or split by what stands in an event', () => {
    const sink = sinkOf({ url: 'tcp://127.0.0.1:6514', format: 'cef' });
    const [one] = outgoing(sink, [event(1, { type: 'login.failed', outcome: 'refused', reason: 'a=b\r\noutcome=success' })]);
    expect(one?.text).not.toMatch(/[\r\n]/);
    expect(one?.text).toMatch(
      /^CEF:0\|Writ\|Writ\|9\.9\.9\|login\.failed\|login failed\|6\|externalId=evt_0001 rt=1772366399123 outcome=refused /,
    );
    expect(one?.text).toContain('reason=a\\=b\\noutcome\\=success suid=ann src=192.0.2.7 requestClientApplication=Browser a\\=b|c\\nd');
  });
});

describe.skipIf(PROGRAM === undefined)('rsyslog', () => {
  const authority = createAuthority();
  const identity = authority.issue(['logs.test']);
  let folder: string;
  let daemon: ChildProcess;
  let ports: { tcp: number; tls: number };
  const log = (): string[] =>
    existsSync(join(folder, 'out.log'))
      ? readFileSync(join(folder, 'out.log'), 'utf8')
          .split('\n')
          .filter((line) => line !== '')
      : [];
  const until = async (count: number): Promise<string[]> => {
    while (log().length < count) await sleep(25);
    return log();
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'writ-rsyslog-'));
    ports = { tcp: await freePort(), tls: await freePort() };
    writeFileSync(join(folder, 'ca.pem'), authority.pem);
    writeFileSync(join(folder, 'cert.pem'), identity.cert);
    writeFileSync(join(folder, 'key.pem'), identity.key);
    writeFileSync(join(folder, 'rsyslog.conf'), configuration(folder, ports));
    daemon = spawn(PROGRAM ?? '', ['-n', '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'pid')], { stdio: 'ignore' });
    await listening(ports.tcp);
  });
  afterAll(async () => {
    const gone = once(daemon, 'exit');
    daemon.kill('SIGKILL');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => {
    if (existsSync(join(folder, 'out.log'))) writeFileSync(join(folder, 'out.log'), '');
  });

  it('takes events over TCP by octet counting, whatever stands in them, and hangs up when it has read them', async () => {
    const sink = sinkOf({ url: `tcp://127.0.0.1:${ports.tcp}` });
    const events = [event(1), event(2, { data: { long: 'x'.repeat(60_000) } }), event(3)];
    expect(await send()(sink, undefined, outgoing(sink, events))).toEqual({ taken: new Set([0, 1, 2]) });
    const lines = await until(3);
    expect(lines.map((line) => line.split('\t').slice(0, 5))).toEqual(
      events.map(() => ['110', '2026-03-01T11:59:59.123Z', 'hub.example.com', 'writ', 'login.succeeded']),
    );
    expect(lines.map((line): unknown => JSON.parse(line.split('\t')[5] ?? ''))).toEqual(events.map((one) => ({ ...one, hash: 'hh' })));
  });

  it('takes CEF', async () => {
    const sink = sinkOf({ url: `tcp://127.0.0.1:${ports.tcp}`, format: 'cef' });
    await send()(sink, undefined, outgoing(sink, [event(7)]));
    expect((await until(1))[0]?.split('\t')[5]).toMatch(/^CEF:0\|Writ\|Writ\|/);
  });

  it.skipIf(!TLS_DRIVER)(
    'takes events over TLS where its certificate is of the named authority and name, and nothing otherwise',
    async () => {
      const to = (host: string, ca?: string) => sinkOf({ url: `tls://${host}:${ports.tls}`, ...(ca === undefined ? {} : { ca }) });
      const resolve = async (): Promise<readonly string[]> => ['127.0.0.1'];
      const tried = async (sink: Sending) => send({ resolve })(sink, undefined, outgoing(sink, [event(1), event(2)]));
      const fault = { taken: new Set(), fault: { kind: 'retry', sentence: 'Its certificate or its TLS was not accepted.' } };
      expect(await tried(to('logs.test'))).toMatchObject(fault);
      expect(await tried(to('other.test', authority.pem))).toMatchObject(fault);
      expect(await tried(to('logs.test', createAuthority().pem))).toMatchObject(fault);
      expect(log()).toEqual([]);
      expect(await tried(to('logs.test', authority.pem))).toEqual({ taken: new Set([0, 1]) });
      expect(await until(2)).toHaveLength(2);
    },
  );

  it('that is stopped and started again loses nothing that was said to be delivered', async () => {
    const sink = sinkOf({ url: `tcp://127.0.0.1:${ports.tcp}` });
    daemon.kill('SIGSTOP');
    // It neither reads nor hangs up; its system takes what fits into the buffers.
    expect(await send()(sink, undefined, outgoing(sink, [event(1)]))).toMatchObject({ taken: new Set(), fault: { kind: 'retry' } });
    daemon.kill('SIGCONT');
    expect(await send()(sink, undefined, outgoing(sink, [event(1)]))).toEqual({ taken: new Set([0]) });
  });
});

describe('a syslog receiver that misbehaves', () => {
  const peers: { close(): void }[] = [];
  afterEach(() => peers.splice(0).forEach((peer) => peer.close()));
  const peer = async (speak: (socket: Socket) => void): Promise<number> => {
    const sockets: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      speak(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    peers.push({
      close: () => {
        server.close();
        for (const socket of sockets) socket.destroy();
      },
    });
    const port = portOf(server.address());
    return port;
  };
  const tried = async (port: number, of: Record<string, unknown> = {}) => {
    const sink = sinkOf({ url: `tcp://127.0.0.1:${port}`, ...of });
    return send()(sink, undefined, outgoing(sink, [event(1), event(2, { data: { long: 'x'.repeat(20_000_000) } })]));
  };

  it('by closing before it read everything has taken nothing', async () => {
    expect(await tried(await peer((socket) => socket.once('data', () => socket.destroy())))).toMatchObject({
      taken: new Set(),
      fault: { kind: 'retry' },
    });
  });

  it('by saying much and hanging up itself has taken nothing', async () => {
    const port = await peer((socket) => {
      socket.write('x'.repeat(100_000));
      socket.end();
    });
    expect(await tried(port)).toMatchObject({ taken: new Set(), fault: { kind: 'retry' } });
  });

  it('by never hanging up is told from one that does, unless nobody waits for it', async () => {
    const port = await peer((socket) => void socket.resume());
    expect(await tried(port)).toMatchObject({ taken: new Set(), fault: { kind: 'retry', sentence: expect.stringContaining('hang up') } });
    expect(await tried(port, { acknowledge: 'write' })).toEqual({ taken: new Set([0, 1]) });
  });

  it('by not being there is a sentence', async () => {
    const port = await freePort();
    expect(await tried(port)).toMatchObject({ taken: new Set(), fault: { kind: 'retry', sentence: 'It cannot be connected to.' } });
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server.address());
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

async function listening(port: number): Promise<void> {
  for (;;) {
    const reached = await createDial({ allowLoopback: true })({ host: '127.0.0.1', port, timeoutMs: 1_000 });
    if (reached.ok) return void reached.socket.destroy();
    await sleep(25);
  }
}

function configuration(folder: string, ports: { tcp: number; tls: number }): string {
  const tls = TLS_DRIVER
    ? `input(type="imtcp" address="127.0.0.1" port="${ports.tls}" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")`
    : '';
  return `
global(workDirectory="${folder}" maxMessageSize="256k" defaultNetstreamDriverCAFile="${folder}/ca.pem"
  defaultNetstreamDriverCertFile="${folder}/cert.pem" defaultNetstreamDriverKeyFile="${folder}/key.pem")
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="${ports.tcp}")
${tls}
template(name="fields" type="string" string="%pri%\\t%timereported:::date-rfc3339%\\t%hostname%\\t%app-name%\\t%msgid%\\t%msg%\\n")
action(type="omfile" file="${folder}/out.log" template="fields")
`;
}
