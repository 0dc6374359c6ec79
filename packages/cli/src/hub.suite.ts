import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { isObject, parseJson } from './json.ts';
import type { JsonObject } from './json.ts';

const PROGRAM = fileURLToPath(new URL('../bin/writ.mjs', import.meta.url));

/** How one run of the program ended. */
export type Ran = { status: number | null; out: string; err: string };

type RunOptions = { env?: Record<string, string>; input?: string; onErr?: (text: string, stop: (signal: NodeJS.Signals) => void) => void };

/** The environment of a person who has set nothing: what the tests themselves run with must not leak in. */
function bareEnvironment(folder: string): Record<string, string> {
  const { PATH = '', TMPDIR } = process.env;
  return { PATH, HOME: folder, ...(TMPDIR === undefined ? {} : { TMPDIR }) };
}

/** Runs the built program, as a person at a terminal would, and waits for its end. */
export async function writ(folder: string, args: readonly string[], { env = {}, input = '', onErr }: RunOptions = {}): Promise<Ran> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: folder, env: { ...bareEnvironment(folder), ...env }, stdio: 'pipe' });
  let [out, err] = ['', ''];
  child.stdout.on('data', (part: Buffer) => void (out += part.toString()));
  child.stderr.on('data', (part: Buffer) => {
    err += part.toString();
    onErr?.(err, (signal) => void child.kill(signal));
  });
  // A verb that refuses at once does not read its input.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  await once(child, 'close');
  return { status: child.exitCode, out, err };
}

/** An empty folder to work in. The embedded database runs as another user when the tests run as root, and must be able to pass through. */
export function workFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(realpathSync(tmpdir()), 'writ-cli-'));
  chmodSync(path, 0o711);
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** A running `writ dev --json`. */
export type Dev = { said: JsonObject; err(): string; stop(): Promise<number | null> };

/** Starts `writ dev` in the folder and waits until it says that everything runs. */
export async function startDev(folder: string, args: readonly string[] = []): Promise<Dev> {
  const child = spawn(process.execPath, [PROGRAM, 'dev', '--json', '--port', '0', ...args], {
    cwd: folder,
    env: bareEnvironment(folder),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stderr.on('data', (part: Buffer) => void (err += part.toString()));
  const ended = once(child, 'close');
  const ready = new Promise<JsonObject>((resolve) => {
    child.stdout.on('data', (part: Buffer) => {
      out += part.toString();
      const said = parseJson(out);
      if (isObject(said)) resolve(said);
    });
  });
  const said = await Promise.race([ready, ended.then(() => undefined)]);
  if (said === undefined) throw new Error(`writ dev ended with ${child.exitCode}:\n${err}`);
  return {
    said,
    err: () => err,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      return child.exitCode;
    },
  };
}
