import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import type { Binaries } from './binaries.ts';
import type { OsUser } from './os-user.ts';
import { errnoOf, PostgresRefused } from './refusal.ts';

/** How a Postgres program is started: whose it is and where its libraries are. */
export type Runner = { binaries: Binaries; user: OsUser | undefined };

type Streams = { stdin: 'ignore' | 'pipe'; output: 'pipe' | number };

/**
 * Starts one program of the package. Its environment is built here: the hub's own holds keys that a database has no business with.
 * It gets a session of its own, so that Ctrl-C reaches the hub alone, which then stops the database last.
 */
export function launch(runner: Runner, program: string, args: readonly string[], streams: Streams): ChildProcess {
  return spawn(join(runner.binaries.bin, program), args, {
    cwd: '/',
    detached: true,
    env: { ...runner.binaries.env, LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' },
    stdio: [streams.stdin, streams.output, streams.output],
    ...runner.user,
  });
}

/** Runs a program to its end and returns what it printed. Throws `PostgresRefused('start_failed')` with that text when it fails. */
export async function runToEnd(runner: Runner, program: string, args: readonly string[], input?: string): Promise<string> {
  const child = launch(runner, program, args, { stdin: input === undefined ? 'ignore' : 'pipe', output: 'pipe' });
  let text = '';
  const collect = (chunk: Buffer): void => {
    text += chunk.toString('utf8');
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  // A program that dies early closes the pipe under us; its exit status tells the reason, not the broken pipe.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => reject(explainSpawn(error, runner)));
    child.on('close', resolve);
  });
  if (code === 0) return text;
  throw new PostgresRefused('start_failed', `${program} ended with status ${code ?? 'unknown'}: ${text.trim()}`);
}

/** Turns the system's word for a program that could not start into what to do about it. */
export function explainSpawn(error: Error, runner: Runner): Error {
  const code = errnoOf(error);
  if (code === 'EPERM' && runner.user !== undefined) {
    return new PostgresRefused(
      'not_permitted',
      `The hub is root but may not become user ${runner.user.uid}: start it as an ordinary user.`,
    );
  }
  if (code === 'ENOENT' || code === 'EACCES') {
    const advice =
      'The system needs glibc and must allow running programs there; otherwise set WRIT_DATABASE_URL to a Postgres of your own.';
    return new PostgresRefused('no_binaries', `Cannot run the programs in ${runner.binaries.bin} (${code}). ${advice}`);
  }
  return error;
}

/** The version the binaries call themselves, in the words of `SHOW server_version`: `18.4`, `15.18 (Debian …)`. */
export async function binaryVersion(runner: Runner): Promise<string> {
  const text = await runToEnd(runner, 'postgres', ['--version']);
  return text.replace(/^.*\(PostgreSQL\)\s*/, '').trim();
}
