import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { makePrivate } from './os-user.ts';
import { PostgresRefused } from './refusal.ts';
import { runToEnd } from './run.ts';
import type { Runner } from './run.ts';
import { ROLE } from './settings.ts';

const SECRET = /^[0-9a-f]{48}$/;

/** The password of the hub's login, 48 hex digits in `<dir>/pg.secret`; made when missing or not of this form. */
export function readOrMakeSecret(dir: string): string {
  const path = join(dir, 'pg.secret');
  const found = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
  if (SECRET.test(found)) return found;
  const secret = randomBytes(24).toString('hex');
  replaceFile(path, `${secret}\n`, 0o600);
  return secret;
}

/** Writes a file so that after a crash the old or the new text is there, never half of one. Answers whether the text changed. */
export function replaceFile(path: string, text: string, mode: number): boolean {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return false;
  const draft = `${path}.draft`;
  rmSync(draft, { force: true });
  const file = openSync(draft, 'wx', mode);
  // The umask may have taken from the mode what another user needs.
  fchmodSync(file, mode);
  writeFileSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(draft, path);
  return true;
}

/** Makes `<home>/pg` whole or not at all: it is built beside and renamed, so that a crash half-way leaves nothing to repair. */
export async function createCluster(runner: Runner, home: string, secret: string): Promise<void> {
  for (const name of readdirSync(home))
    if (name.startsWith('pg.draft')) rmSync(join(home, name), { recursive: true, force: true, maxRetries: 10 });
  // A name of its own: an initdb that outlived its hub may still be writing to the draft before this one.
  const draft = join(home, `pg.draft.${randomBytes(4).toString('hex')}`);
  makePrivate(draft, runner.user);
  // Of 1 MB: each segment of the log is filled with zeros and synced before its first entry, and with 16 MB every commit would wait for that, 50 ms.
  const form = ['--encoding=UTF8', '--locale=C', '--data-checksums', '--auth=reject', '--no-instructions', '--wal-segsize=1'];
  await runToEnd(runner, 'initdb', ['-D', draft, '--username=postgres', ...form]);
  await alone(runner, draft, [`CREATE ROLE ${ROLE} LOGIN CREATEDB PASSWORD '${secret}'`, `CREATE DATABASE ${ROLE} OWNER ${ROLE}`]);
  renameSync(draft, join(home, 'pg'));
  syncFolder(home);
}

/** Gives the hub's login a new password. Postgres must not be running on the folder. */
export async function resetPassword(runner: Runner, dataDir: string, secret: string): Promise<void> {
  await alone(runner, dataDir, [`ALTER ROLE ${ROLE} PASSWORD '${secret}'`]);
}

/** Runs statements as the superuser in single-user mode: no password of a superuser ever exists. One line is one statement. */
async function alone(runner: Runner, dataDir: string, statements: readonly string[]): Promise<void> {
  const args = ['--single', '-D', dataDir, '-c', 'exit_on_error=on', '-c', 'log_min_error_statement=panic', 'postgres'];
  await runToEnd(runner, 'postgres', args, `${statements.join('\n')}\n`);
}

/** A cluster of another major version is not readable by these binaries; Postgres's own complaint would not say what to do. */
export function checkVersion(dataDir: string, version: string): void {
  const found = readFileSync(join(dataDir, 'PG_VERSION'), 'utf8').trim();
  if (found === String(majorOf(version))) return;
  const advice = 'Start the version of the hub that wrote it, make a backup there and restore it here.';
  throw new PostgresRefused('wrong_version', `${dataDir} was written by Postgres ${found}, this hub brings ${version}. ${advice}`);
}

export function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  fsyncSync(folder);
  closeSync(folder);
}
