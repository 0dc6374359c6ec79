import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { basic, FORM, header } from './ask.ts';
import { SECRETS } from './furniture.ts';
import { checkNothingLeaked, honestWork, inWorld } from './runner.ts';
import type { World } from './world.ts';

const world = inWorld();

/** Bytes exactly as given; answers what came back until the other side closed; who never does hangs. */
function raw(at: World, text: string): Promise<string> {
  const port = Number(new URL(at.origin).port);
  return new Promise((resolve) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setTimeout(30_000, () => socket.destroy());
    socket.on('data', (part) => void (said += part.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(said));
  });
}

const HOST = (at: World): string => `Host: ${new URL(at.origin).host}\r\n`;
const statuses = (said: string): number[] => [...said.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));

describe('transport: 200', () => {
  it('200 a foreign Host is 421 on every path (CVE-2026-34742, CVE-2025-49596)', async () => {
    for (const path of ['/live', '/oauth/token', '/admin/v1/users', '/dev/mail.json', '/console/', '/.well-known/openid-configuration']) {
      for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io', 'evil.example:80', '0.0.0.0']) {
        expect({ path, host, status: (await world().ask(path, { headers: { host } })).status }).toEqual({ path, host, status: 421 });
      }
    }
  });

  it('200 two lengths, a length and chunks, two hosts: 400, and what follows is not read as a request', async () => {
    const at = world();
    const smuggled = `POST /oauth/token HTTP/1.1\r\n${HOST(at)}Content-Type: application/x-www-form-urlencoded\r\n`;
    const rest = `0\r\n\r\nGET /live HTTP/1.1\r\n${HOST(at)}\r\n`;
    expect(statuses(await raw(at, `${smuggled}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n${rest}`))).toEqual([400]);
    expect(statuses(await raw(at, `${smuggled}Content-Length: 6\r\nContent-Length: 5\r\n\r\nabcdef`))).toEqual([400]);
    expect(statuses(await raw(at, `GET /live HTTP/1.1\r\n${HOST(at)}Host: evil.example\r\n\r\n`))).toEqual([400]);
    expect(statuses(await raw(at, `GET /live HTTP/1.1\r\n${HOST(at)}X: a\r\n b\r\n\r\n`))).not.toContain(500);
    expect(statuses(await raw(at, `GET http://evil.example/live HTTP/1.1\r\n${HOST(at)}Connection: close\r\n\r\n`))).not.toContain(200);
  });

  it('200 heads of 20 KB are 431, and nonsense is 400', async () => {
    const at = world();
    expect(statuses(await raw(at, `GET /live HTTP/1.1\r\n${HOST(at)}X-Big: ${'a'.repeat(20_000)}\r\n\r\n`))).toEqual([431]);
    expect(statuses(await raw(at, 'NONSENSE\r\n\r\n'))).toEqual([400]);
    expect(statuses(await raw(at, '\u0016\u0003\u0001\u0002\u0000'))).toEqual([400]);
  });

  it('200 a hundred idle sockets and slow senders hold nobody up', async () => {
    const at = world();
    const port = Number(new URL(at.origin).port);
    const sockets = Array.from({ length: 300 }, (_, count) => {
      const socket = connect(port, '127.0.0.1', () => {
        if (count % 2 === 0) socket.write(`POST /oauth/token HTTP/1.1\r\n${HOST(at)}Content-Length: 100\r\n\r\na`);
      });
      socket.on('error', () => undefined);
      return socket;
    });
    await honestWork(at);
    expect((await at.ask('/live')).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    await honestWork(at);
  });

  it('200 a body that never ends is cut off at its limit', async () => {
    const answer = await world()
      .ask('/oauth/token', { method: 'POST', headers: FORM, body: 'a'.repeat(5_000_000) })
      .catch(() => undefined);
    expect([413, undefined]).toContain(answer?.status);
    await honestWork(world());
  });
});

describe('transport: what every answer carries', () => {
  it.each(['/live', '/ready', '/nothing', '/oauth/token', '/oauth/jwks', '/admin/v1/users', '/account'])(
    '%s has a request id and may not be sniffed',
    async (path) => {
      const answer = await world().ask(path);
      expect(header(answer, 'x-request-id')).toMatch(/^req_[0-9a-v]{26}$/);
      expect(header(answer, 'x-content-type-options')).toBe('nosniff');
      expect(header(answer, 'server')).toBe('');
      expect(header(answer, 'x-powered-by')).toBe('');
    },
  );

  it('a request id that the caller sends is not taken over', async () => {
    const answer = await world().ask('/live', { headers: { 'x-request-id': 'mine' } });
    expect(header(answer, 'x-request-id')).not.toContain('mine');
  });

  it('160 whoever asks for different things at once gets each of them, and nothing of another (CVE-2026-33496, GHSA-qvp4-rpmr-xwrr, CVE-2021-32701)', async () => {
    const at = world();
    const wishes = [
      { tenant: 'acme', scope: 'incidents:read' },
      { tenant: 'globex', scope: 'incidents:read' },
      { tenant: 'acme', scope: 'incidents:read incidents:write' },
      { tenant: 'globex', scope: 'incidents:write' },
    ];
    const asked = Array.from({ length: 100 }, (_, count) => wishes[count % wishes.length]);
    const got = await Promise.all(
      asked.map(async (wish) => {
        const answer = await at.post('/oauth/token', { grant_type: 'client_credentials', ...wish }, basic('several', SECRETS.several));
        const { tenant, scope } = JSON.parse(
          Buffer.from(String(JSON.parse(answer.text).access_token).split('.')[1] ?? '', 'base64url').toString(),
        );
        return { tenant, scope };
      }),
    );
    expect(got).toEqual(asked);
  });

  it('193 two hundred callers at once: each sees its own answer only (CVE-2026-25536)', async () => {
    const at = world();
    const users = Array.from({ length: 200 }, (_, count) => (count % 2 === 0 ? 'worker' : 'elsewhere'));
    const subjects = await Promise.all(
      users.map(async (who) => {
        const answer = await at.post(
          '/oauth/token',
          { grant_type: 'client_credentials', scope: 'incidents:read' },
          basic(who, SECRETS[who]),
        );
        const { sub } = JSON.parse(Buffer.from(String(JSON.parse(answer.text).access_token).split('.')[1] ?? '', 'base64url').toString());
        return sub === who;
      }),
    );
    expect(subjects.every(Boolean)).toBe(true);
  });
});

checkNothingLeaked(world);
