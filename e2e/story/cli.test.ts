// Somebody writes a command line tool, and uses ours to see how it goes: a public client logs in by browser on a loopback port, keeps what it
// got where only its owner reads it, and never needs a secret. On a machine without a browser a code does it. A server's token is exchanged
// and the exchange explained.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { SECRETS, hubConfig, placesAt } from '@writ/three-hops';
import type { Places } from '@writ/three-hops';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { walk } from '../driver/walk.ts';
import { ANN, bareEnvironment, protectSample, startHub, temporaryFolder } from '../harness.ts';
import type { Hub, Protected } from '../harness.ts';

const PROGRAM = fileURLToPath(new URL('../../packages/cli/bin/writ.mjs', import.meta.url));
const PERSON = { ...ANN, allow: 'all', stay: true } as const;

let hub: Hub;
let guarded: Protected;
let places: Places;
let home: ReturnType<typeof temporaryFolder>;
let resource: string;

beforeAll(async () => {
  hub = await startHub();
  home = temporaryFolder();
  places = placesAt({ expenses: 9010, ledger: 9011, archive: 9012 });
  guarded = await protectSample(hub, {
    clients: [
      {
        id: 'tool',
        name: 'Their tool',
        kind: 'cli',
        public: true,
        grants: ['authorization_code', 'refresh_token', 'device_code'],
        redirectUris: ['http://127.0.0.1/callback'],
      },
    ],
    policies: [
      {
        id: 'devices-at-incidents',
        effect: 'allow',
        grants: ['device_code'],
        subject: { any: true },
        target: { resources: ['acme-incidents'] },
        scopes: 'all',
      },
    ],
  });
  await hub.apply(hubConfig(places));
  resource = guarded.resource.uri;
});
afterAll(async () => {
  await guarded?.close();
  await hub?.stop();
  home?.remove();
});

type Ran = { status: number | null; out: string; err: string };
type Watching = { env?: Record<string, string>; input?: string; onErr?: (text: string) => void };

/** The program as somebody runs it who has set nothing but where their home is. */
async function writ(args: readonly string[], { env = {}, input = '', onErr }: Watching = {}): Promise<Ran> {
  const child = spawn(process.execPath, [PROGRAM, ...args, '--url', hub.issuer], {
    cwd: home.path,
    env: { ...bareEnvironment(), HOME: home.path, ...env },
    stdio: 'pipe',
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (part: Buffer) => void (out += part.toString()));
  child.stderr.on('data', (part: Buffer) => {
    err += part.toString();
    onErr?.(err);
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  await once(child, 'close');
  return { status: child.exitCode, out, err };
}

const admin = (): Record<string, string> => ({ WRIT_ADMIN_TOKEN: hub.adminToken });

/** Runs `writ token`, and does in the browser what its user would do there. Answers the token response; a browser that was not needed says so. */
async function token(...args: string[]): Promise<{ answer: Record<string, unknown>; browser: boolean; err: string }> {
  let walked: Promise<unknown> | undefined;
  const { status, out, err } = await writ(['token', '--no-open', '--json', ...args], {
    onErr(text) {
      const url = /^\s+(http\S+)$/m.exec(text)?.[1];
      const code = /enter the code (\S+)/.exec(text)?.[1];
      if (url === undefined || (args.includes('--device') && code === undefined)) return;
      walked ??= walk(url, { ...PERSON, code: async () => code ?? '' });
    },
  });
  await walked;
  expect({ args, status, err }).toMatchObject({ status: 0 });
  return { answer: JSON.parse(out), browser: walked !== undefined, err };
}

const file = (): string => join(home.path, '.config', 'writ', 'tokens.json');
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

describe('a public client', () => {
  let first: Record<string, unknown>;

  test('logs in by browser, on a loopback port that it took at that moment', async () => {
    const { answer, browser } = await token('--client', 'tool', '--resource', resource, '--scope', 'incidents:read');
    expect(browser).toBe(true);
    expect(decodeJwt(text(answer['access_token']))).toMatchObject({
      sub: 'ann',
      client_id: 'tool',
      aud: resource,
      scope: 'incidents:read',
    });
    first = answer;
  });

  test('keeps what it got where nobody else can read it', () => {
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(join(file(), '..')).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(file(), '..'))).toEqual(['tokens.json']);
    expect(readFileSync(file(), 'utf8')).toContain(text(first['refresh_token']));
  });

  test('gets the next token without a browser and without a secret, and keeps the newest refresh token', async () => {
    for (let turn = 0; turn < 2; turn += 1) {
      const { answer, browser, err } = await token('--client', 'tool', '--resource', resource, '--scope', 'incidents:read');
      expect({ browser, err }).toEqual({ browser: false, err: '' });
      expect(answer['access_token']).not.toBe(first['access_token']);
      expect(readFileSync(file(), 'utf8')).toContain(text(answer['refresh_token']));
      expect(readFileSync(file(), 'utf8')).not.toContain(text(first['refresh_token']));
    }
  });

  test('prints the token alone for use in place, and it works', async () => {
    const { out } = await writ(['token', '--client', 'tool', '--resource', resource, '--scope', 'incidents:read']);
    expect(out).toMatch(/^ey[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const inspected = await writ(['inspect', '-', '--json'], { input: out, env: admin() });
    expect(JSON.parse(inspected.out)).toMatchObject({
      good: true,
      chain: [
        { kind: 'user', id: 'ann' },
        { kind: 'client', id: 'tool' },
      ],
    });
  });

  test('needs no more than openid to know who is there', async () => {
    const { answer, browser } = await token('--client', 'tool', '--scope', 'openid');
    expect(browser).toBe(true);
    expect(decodeJwt(text(answer['id_token']))).toMatchObject({ sub: 'ann', aud: 'tool' });
    const headers = { authorization: `Bearer ${text(answer['access_token'])}` };
    expect(await (await fetch(`${hub.issuer}/oauth/userinfo`, { headers })).json()).toMatchObject({ sub: 'ann' });
    const again = await token('--client', 'tool', '--scope', 'openid');
    expect(again.browser).toBe(false);
    expect(decodeJwt(text(again.answer['access_token']))['sub']).toBe('ann');
  });

  test('logs in anew when it is asked to, and keeps nothing when it is told not to', async () => {
    const wish = ['--client', 'tool', '--resource', resource, '--scope', 'incidents:read'];
    expect((await token(...wish, '--login')).browser).toBe(true);
    const before = readFileSync(file(), 'utf8');
    expect((await token(...wish, '--no-keep')).browser).toBe(true);
    expect(readFileSync(file(), 'utf8')).toBe(before);
  });

  test('sends its user to the browser again when the login was taken back', async () => {
    const wish = ['--client', 'tool', '--resource', resource, '--scope', 'incidents:read'];
    for (const grant of await hub.items('grants?client=tool&state=active'))
      expect((await hub.admin('POST', `grants/${String(grant['id'])}/revoke`, { reason: 'taken back' })).status).toBe(200);
    const { browser, err } = await token(...wish);
    expect({ browser, err }).toMatchObject({ browser: true, err: expect.stringContaining('no longer good (invalid_grant') });
  });

  test('logs in on another device by a code', async () => {
    const { answer } = await token('--client', 'tool', '--resource', resource, '--scope', 'incidents:comment', '--device');
    expect(decodeJwt(text(answer['access_token']))).toMatchObject({ sub: 'ann', client_id: 'tool', scope: 'incidents:comment' });
  });
});

test('a program that nobody registered registers itself, once, and anew when the hub has forgotten it', async () => {
  const wish = ['--resource', resource, '--scope', 'incidents:read'];
  const clientOf = async (): Promise<string> =>
    text(decodeJwt(text((await token(...wish, '--login')).answer['access_token']))['client_id']);
  const own = await clientOf();
  expect(await clientOf()).toBe(own);
  expect((await hub.admin('DELETE', `clients/${own}`)).status).toBeLessThan(300);
  const { answer, browser } = await token(...wish);
  expect(browser).toBe(true);
  expect(decodeJwt(text(answer['access_token']))['client_id']).not.toBe(own);
});

describe('a server', () => {
  const as = (client: 'expenses' | 'ledger'): string[] => ['--client', client, '--secret', SECRETS[client]];
  let incoming: string;

  test('exchanges the token that came for one of the next hop', async () => {
    const { answer } = await token('--client', 'assistant', '--resource', places.expenses);
    incoming = text(answer['access_token']);
    const { status, out, err } = await writ(['exchange', '--subject', '-', '--resource', places.ledger, ...as('expenses')], {
      input: incoming,
    });
    expect({ status, err }).toMatchObject({ status: 0, err: expect.stringContaining('entries:read') });
    expect(decodeJwt(out.trim())).toMatchObject({ sub: 'ann', aud: places.ledger, act: { sub: 'expenses', act: { sub: 'assistant' } } });
  });

  test('is told by which rule it was given, and by which it was not', async () => {
    const explained = await writ(['exchange', '--subject', incoming, '--resource', places.ledger, ...as('expenses'), '--explain'], {
      env: admin(),
    });
    expect(explained).toMatchObject({ status: 0, err: expect.stringContaining('expenses-ask-ledger') });
    const refused = await writ(['exchange', '--subject', incoming, '--resource', places.archive, ...as('expenses'), '--explain'], {
      env: admin(),
    });
    expect(refused).toMatchObject({ status: 1, out: '', err: expect.stringContaining('invalid_target') });
    expect(refused.err).toContain('receipts:read');
    const stolen = await writ(['exchange', '--subject', incoming, '--resource', places.archive, ...as('ledger'), '--explain', '--json'], {
      env: admin(),
    });
    expect(stolen.status).toBe(1);
    expect(JSON.parse(stolen.out)).toMatchObject({
      answer: { error: 'invalid_request' },
      explanation: { reason: 'subject_of_another_client' },
    });
  });

  test('needs the admin API for an explanation, and says so before anything is exchanged', async () => {
    const ran = await writ(['exchange', '--subject', incoming, '--resource', places.ledger, ...as('expenses'), '--explain']);
    expect(ran).toMatchObject({ status: 1, out: '', err: expect.stringContaining('WRIT_ADMIN_TOKEN') });
  });
});
