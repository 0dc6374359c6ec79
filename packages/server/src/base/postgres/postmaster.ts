import { chownSync, existsSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OsUser } from './os-user.ts';
import { errnoOf, PostgresRefused } from './refusal.ts';

const POLL_MS = 20;

export type PidFile = { pid: number; port: number; status: string };

/** The lines of postmaster.pid that matter here (1 id, 4 port, 8 status), or undefined when it is missing or not complete yet. */
export function readPidFile(dataDir: string): PidFile | undefined {
  const path = join(dataDir, 'postmaster.pid');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  // Negative for a single-user backend.
  const pid = Math.abs(Number(lines[0]));
  if (lines[0] === undefined || !Number.isInteger(pid) || pid === 0) return undefined;
  return { pid, port: Number(lines[3] ?? 0), status: (lines[7] ?? '').trim() };
}

/**
 * Whether the process lives and is a Postgres working in this folder. Ids are used again (after a reboot, and at once in containers),
 * so life alone proves nothing: a Postgres process stands in its data folder, and on Linux that can be seen.
 */
export function runsIn(pid: number, dataDir: string): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    return readlinkSync(`/proc/${pid}/cwd`) === dataDir && basename(readlinkSync(`/proc/${pid}/exe`)).startsWith('postgres');
  } catch {
    return false;
  }
}

/** Every Postgres process in the folder: after a postmaster was killed its children may need a moment to notice. Linux only. */
export function processesIn(dataDir: string): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && runsIn(pid, dataDir));
}

/**
 * Clears what a dead postmaster left where Postgres itself would stumble; the caller holds the folder and knows that none runs.
 * The id in postmaster.pid may by now be somebody else's, which Postgres takes for a running server. It takes its own parent's id for a
 * stale one, so the hub's is put there: the file stays, and with it the check that no child of the dead one still uses the memory.
 */
export function clearRemains(dataDir: string, runDir: string, user: OsUser | undefined): void {
  if (existsSync(runDir)) {
    for (const name of readdirSync(runDir)) if (name.startsWith('.s.PGSQL.')) rmSync(join(runDir, name), { force: true });
  }
  const path = join(dataDir, 'postmaster.pid');
  if (!existsSync(path)) return;
  const [, ...rest] = readFileSync(path, 'utf8').split('\n');
  if (readPidFile(dataDir) === undefined) {
    // Emptied by a power cut while it was written. Postgres refuses to judge; nobody stands in the folder, so it tells of nobody.
    if (processesIn(dataDir).length === 0) rmSync(path);
    return;
  }
  const draft = `${dataDir}.pidfile`;
  rmSync(draft, { force: true });
  writeFileSync(draft, [process.pid, ...rest].join('\n'), { mode: 0o600, flag: 'wx' });
  if (user !== undefined) chownSync(draft, user.uid, user.gid);
  renameSync(draft, path);
}

/**
 * Fast shutdown, then immediate, then by force: each bounded, each safe for what was acknowledged. The first is bounded tightly because
 * Postgres 18 was seen to hang on it when it arrives in the middle of crash recovery.
 */
export async function stopPostmaster(pid: number, dataDir: string): Promise<void> {
  const steps = [
    ['SIGINT', 6_000],
    ['SIGQUIT', 8_000],
    ['SIGKILL', 5_000],
  ] as const;
  for (const [signal, patience] of steps) {
    tell(pid, signal);
    if (await isGone(pid, dataDir, patience)) return;
  }
  throw new PostgresRefused('start_failed', `Postgres process ${pid} does not end.`);
}

async function isGone(pid: number, dataDir: string, patience: number): Promise<boolean> {
  for (let waited = 0; waited < patience; waited += POLL_MS) {
    if (!runsIn(pid, dataDir)) return true;
    await sleep(POLL_MS);
  }
  return false;
}

export function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}
