import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { bareEnvironment, freePort, temporaryFolder } from '../harness.ts';

const PROGRAM = fileURLToPath(new URL('../../packages/cli/bin/writ.mjs', import.meta.url));
const ADMIN_TOKEN = 'the-admin-token-of-the-fault-runs-0001';
/** Longer is a hang. The promise is 30 s on a machine of its own; how long it took stands in the report. */
const RECOVERY_MS = 120_000;

/** A hub with its embedded database that may be killed at any moment and is started again on the same folder and port. */
export type MortalHub = {
  issuer: string;
  admin(method: string, path: string, body?: unknown): Promise<Response>;
  killHub(): Promise<void>;
  /** The postmaster, as a crash of the database would; the hub brings it back by itself. */
  killDatabase(): void;
  /** Starts the hub where it is not running, and waits until it is ready. Milliseconds that it took. */
  recover(): Promise<number>;
  /** Rows of the hub's own database. */
  query(statement: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** How often it gave up while it started, and was started again. */
  restarts(): number;
  stop(): Promise<void>;
};

export async function startMortalHub(): Promise<MortalHub> {
  const folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  let output = '';
  let child: ChildProcess | undefined;
  let killed: number | undefined;
  let isUp = false;
  let restarts = 0;

  const start = (): void => {
    const env = { ...bareEnvironment(), WRIT_ADMIN_TOKEN: ADMIN_TOKEN, WRIT_TRUST_PROXY: '127.0.0.1' };
    const started = spawn(process.execPath, [PROGRAM, 'dev', '--empty', '--json', '--port', String(port), '--data', data], {
      cwd: folder.path,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    isUp = false;
    const hear = (part: Buffer): void => {
      output = `${output}${part.toString()}`.slice(-20_000);
      // The one line that `--json` prints once everything runs.
      if (child === started && /"dataDir":/.test(part.toString())) isUp = true;
    };
    started.stdout.on('data', hear);
    started.stderr.on('data', hear);
    started.once('exit', () => {
      if (child === started) child = undefined;
    });
    child = started;
  };

  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    const running = child;
    if (running === undefined) return;
    const gone = once(running, 'exit');
    running.kill(signal);
    await gone;
  };

  const hub: MortalHub = {
    issuer,
    admin: (method, path, body) =>
      fetch(`${issuer}/admin/v1/${path}`, {
        method,
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    killHub: () => end('SIGKILL'),
    killDatabase() {
      const pid = postmasterOf(data);
      if (pid === undefined) return;
      killed = pid;
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    },
    async recover() {
      const began = performance.now();
      if (child === undefined) start();
      while (performance.now() - began < RECOVERY_MS) {
        // For a moment after a postmaster was killed its children still answer; another one must have taken its place.
        const postmaster = postmasterOf(data);
        if (postmaster !== undefined && postmaster !== killed && (await isReady(issuer))) return performance.now() - began;
        if (child === undefined) {
          if (isUp) throw new Error(`the hub ended by itself:\n${output.slice(-3_000)}`);
          // Struck while it started, it may give up; whoever watches over it starts it again.
          restarts += 1;
          start();
        }
        await sleep(50);
      }
      throw new Error(`not ready again after ${RECOVERY_MS / 1_000} s:\n${output.slice(-3_000)}`);
    },
    query: (statement, values = []) => queryIn(data, statement, values),
    restarts: () => restarts,
    async stop() {
      await end('SIGTERM');
      folder.remove();
    },
  };
  await hub.recover();
  return hub;
}

async function isReady(issuer: string): Promise<boolean> {
  const answer = await fetch(`${issuer}/ready`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
  return answer?.ok === true;
}

/** Undefined while the file is missing or empty, as it is for a moment at each start. */
function postmasterOf(data: string): number | undefined {
  const path = join(data, 'pg', 'postmaster.pid');
  const pid = existsSync(path) ? Number(readFileSync(path, 'utf8').split('\n')[0]) : 0;
  return pid > 1 ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** By the login that the hub made for itself. */
async function queryIn(data: string, statement: string, values: readonly unknown[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({
    host: join(data, 'run'),
    port: 5432,
    user: 'writ',
    database: 'writ',
    password: readFileSync(join(data, 'pg.secret'), 'utf8').trim(),
  });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement, [...values])).rows;
  } finally {
    await client.end();
  }
}
