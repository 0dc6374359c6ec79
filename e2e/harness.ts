import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Sample } from '@writ/sample-mcp';
import { sampleResource, startSample } from '@writ/sample-mcp';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const START_MS = 180_000;
const STOP_MS = 20_000;

export type Hub = {
  issuer: string;
  adminToken: string;
  /** Where the hub keeps its data. */
  folder: string;
  /** Admin API; a body is sent as JSON. */
  admin(method: string, path: string, body?: unknown): Promise<Response>;
  /** Every item of an admin collection, over all pages. */
  items(path: string): Promise<Record<string, unknown>[]>;
  /** Applies config, or throws with the hub's own words. */
  apply(config: object): Promise<void>;
  /** What the hub has printed so far; a test that fails says it. */
  said(): string;
  /** The newest code in the hub's mailbox for an address that was not handed out here before; mails come a moment after the answer. */
  mailedCode(email: string): Promise<string>;
  stop(): Promise<void>;
  /** SIGKILL: no drain, no good-bye. */
  kill(): Promise<void>;
};

const given = new Set<number>();

/**
 * A port that was free a moment ago, and that nobody is given by chance until somebody listens there: it is none of those that systems
 * hand out by themselves (32768 and up), and each process of the test runner takes its own from a range of its own.
 */
export async function freePort(): Promise<number> {
  const range = 11_000 + (Number(process.env['VITEST_POOL_ID'] ?? 0) % 10) * 2_000;
  for (;;) {
    const port = range + randomInt(2_000);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
  });
  if (!listening) return false;
  server.close();
  await once(server, 'close');
  return true;
}

/** An empty folder. The embedded database runs as another user when we are root, and must be able to pass through. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(realpathSync(tmpdir()), 'writ-e2e-'));
  chmodSync(path, 0o711);
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** A hub as its user starts it: `writ dev --empty`, a process of its own with an embedded database in a fresh folder. */
export async function startHub(options: { env?: Record<string, string>; port?: number } = {}): Promise<Hub> {
  const folder = temporaryFolder();
  const port = options.port ?? (await freePort());
  const adminToken = randomBytes(24).toString('base64url');
  const program = join(ROOT, 'packages/cli/bin/writ.mjs');
  const child = spawn(process.execPath, [program, 'dev', '--empty', '--port', String(port), '--data', join(folder.path, 'data')], {
    cwd: folder.path,
    env: { ...bareEnvironment(), WRIT_ADMIN_TOKEN: adminToken, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const hear = (part: Buffer): void => void (output = `${output}${part.toString()}`.slice(-20_000));
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const inTime = await Promise.race([exited.then(() => true), sleep(STOP_MS, false, { ref: false })]);
    if (!inTime) child.kill('SIGKILL');
    folder.remove();
  };
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    folder.remove();
  };
  const issuer = `http://localhost:${port}`;
  const hub = { issuer, adminToken, folder: folder.path, said: () => output, stop, kill, ...adminOf(issuer, adminToken) };
  try {
    await untilReady(issuer, () => child.exitCode);
  } catch (error) {
    await stop();
    throw new Error(`the hub did not start: ${String(error)}\n${output}`, { cause: error });
  }
  return hub;
}

/** Nothing of the caller's environment but what a program needs to run. */
export function bareEnvironment(): Record<string, string> {
  const { PATH = '', HOME = '/', TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }) };
}

async function untilReady(issuer: string, exitCode: () => number | null): Promise<void> {
  const until = performance.now() + START_MS;
  while (performance.now() < until) {
    if (exitCode() !== null) throw new Error(`it ended with status ${exitCode()}`);
    const ready = await fetch(`${issuer}/ready`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    await sleep(100);
  }
  throw new Error(`not ready after ${START_MS / 1000} s`);
}

function adminOf(issuer: string, token: string): Pick<Hub, 'admin' | 'items' | 'apply' | 'mailedCode'> {
  const admin: Hub['admin'] = (method, path, body) =>
    fetch(`${issuer}/admin/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const read = new Set<unknown>();
  return {
    admin,
    async items(path) {
      const found: Record<string, unknown>[] = [];
      let cursor: string | undefined;
      do {
        const mark = path.includes('?') ? '&' : '?';
        const answer = await admin('GET', `${path}${cursor === undefined ? '' : `${mark}cursor=${encodeURIComponent(cursor)}`}`);
        if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
        const page = asPage(await answer.json());
        found.push(...page.items);
        cursor = page.next;
      } while (cursor !== undefined);
      return found;
    },
    async apply(config) {
      const answer = await admin('POST', 'apply', config);
      if (!answer.ok) throw new Error(`apply answered ${answer.status}: ${await answer.text()}`);
    },
    async mailedCode(email) {
      for (;;) {
        const page = asPage(await fetch(`${issuer}/dev/mail.json`).then((response) => response.json()));
        // The newest mail stands first.
        const mail = page.items.find(({ to, id }) => to === email && !read.has(id));
        const code = /\b\d{6,10}\b/.exec(JSON.stringify(mail?.['text'] ?? ''))?.[0];
        if (code === undefined) {
          await sleep(50);
          continue;
        }
        read.add(mail?.['id']);
        return code;
      }
    },
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function asPage(value: unknown): { items: Record<string, unknown>[]; next: string | undefined } {
  if (!isRecord(value) || !Array.isArray(value['items'])) throw new Error(`not a list: ${JSON.stringify(value)}`);
  return { items: value['items'].filter(isRecord), next: typeof value['next'] === 'string' ? value['next'] : undefined };
}

/** Ann of Acme, who may do everything on the sample server; her password is known to the tests. */
export const ANN = { email: 'ann@acme.test', password: 'correct-horse-9-battery' };

const SIGNALS = { clientId: 'acme-incidents', clientSecret: 'the-secret-of-acme-incidents-0001' };

export type Protected = { sample: Sample; resource: ReturnType<typeof sampleResource>; close(): Promise<void> };

/** The sample MCP server behind the hub: its resource, Ann and Acme are applied first, `more` beside them. */
export async function protectSample(
  hub: Hub,
  more: { clients?: object[]; policies?: object[]; resources?: object[] } = {},
): Promise<Protected> {
  const port = await freePort();
  const uri = `http://localhost:${port}/mcp`;
  const resource = sampleResource(uri);
  await hub.apply({
    tenants: [{ id: 'acme', name: 'Acme', domains: ['acme.test'] }],
    users: [{ id: 'ann', email: ANN.email, name: 'Ann Archer', password: { value: ANN.password }, tenants: [{ id: 'acme', roles: [] }] }],
    resources: [resource, ...(more.resources ?? [])],
    clients: [
      { id: SIGNALS.clientId, name: 'Acme Incidents', kind: 'service', auth: { secrets: [{ value: SIGNALS.clientSecret }] } },
      ...(more.clients ?? []),
    ],
    policies: [
      {
        id: 'people-at-incidents',
        effect: 'allow',
        grants: ['authorization_code'],
        subject: { any: true },
        target: { resources: [resource.id] },
        scopes: 'all',
      },
      ...(more.policies ?? []),
    ],
  });
  const sample = await startSample({ port, issuer: hub.issuer, resource: uri, credentials: SIGNALS });
  return { sample, resource, close: () => sample.close() };
}
