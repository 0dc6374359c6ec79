import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Hub, Protected } from '../harness.ts';
import { ANN } from '../harness.ts';
import type { Site } from '../site.ts';
import type { Model } from './model.ts';

export const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(HERE, '..', '..');

/** What every client meets: a hub, a protected server, a site with metadata documents, a model that calls `whoami`. */
export type World = { hub: Hub; guarded: Protected; site: Site; model: Model };

/** A machine of its own for one client: an empty home, and a browser that is Ann. */
export type Machine = {
  home: string;
  /** Runs a program to its end with nothing in its environment but what is said here. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** What the browser was asked to do so far. */
  visits(): Visit[];
};

export type RunOptions = {
  env?: Record<string, string>;
  cwd?: string;
  limitMs?: number;
  /** Written to standard input, which stays open until the program ends; absent: there is no input. */
  input?: string;
  /** The program wants a terminal. */
  terminal?: boolean;
  /** The program prints an address for a person to open elsewhere; the first group is the address. */
  shows?: RegExp;
  /** The program never ends by itself: it is stopped once it has printed this. */
  until?: RegExp;
};
export type Ran = { command: string; status: number | string; output: string };
export type Visit = { url: string; story?: string[]; end?: string; status?: number; error?: string };

const LIMIT_MS = 60_000;

/** `name` becomes a folder below `.tmp/interop`: some clients refuse to work with a home below /tmp. */
export function newMachine(name: string): Machine {
  const home = join(ROOT, '.tmp', 'interop', name.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase());
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  const bin = join(home, 'bin');
  mkdirSync(bin, { recursive: true });
  const person = join(home, 'person.json');
  writeFileSync(person, JSON.stringify({ ...ANN, allow: 'all' }));
  const script = `#!/bin/sh\nexec '${process.execPath}' '${join(HERE, '..', 'driver', 'browser.mjs')}' '${person}' "$1"\n`;
  for (const opener of ['browser', 'xdg-open', 'open']) {
    writeFileSync(join(bin, opener), script);
    chmodSync(join(bin, opener), 0o755);
  }
  const PATH = [bin, dirname(process.execPath), join(HERE, 'node_modules', '.bin'), '/usr/bin', '/bin'].join(':');
  const env = { HOME: home, PATH, BROWSER: join(bin, 'browser'), TERM: 'xterm', LANG: 'C.UTF-8' };
  const log = `${person}.log`;
  return {
    home,
    run: (program, args, options = {}) => run(program, args, { cwd: home, ...options, env: { ...env, ...options.env } }),
    visits: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').map(readVisit) : []),
  };
}

function readVisit(line: string): Visit {
  const value: unknown = JSON.parse(line);
  if (typeof value !== 'object' || value === null || !('url' in value)) throw new Error(`the browser wrote ${line}`);
  return { ...value, url: String(value.url) };
}

/** Single quotes for a shell: `script` takes its command as one text. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

async function run(program: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  const command = [program.split('/').at(-1), ...args].join(' ');
  const [file, all] =
    options.terminal === true ? ['/usr/bin/script', ['-qfec', [program, ...args].map(quoted).join(' '), '/dev/null']] : [program, args];
  const child = spawn(file, all, {
    cwd: options.cwd,
    env: options.env,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  let stopped = '';
  let opened = false;
  const stop = (why: string): void => {
    stopped = why;
    // The whole group: clients leave helpers behind.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  const limit = setTimeout(() => stop('time limit'), options.limitMs ?? LIMIT_MS);
  const hear = (part: Buffer): void => {
    output += part.toString();
    const shown = options.shows?.exec(plain(output))?.[1];
    if (shown !== undefined && !opened) {
      opened = true;
      spawn(options.env?.['BROWSER'] ?? '', [shown], { env: options.env, stdio: 'ignore' });
    }
    if (stopped === '' && options.until?.test(output) === true) stop('stopped after the answer');
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  child.stdin?.write(options.input ?? '');
  const [status] = await once(child, 'close');
  clearTimeout(limit);
  return { command, status: stopped === '' ? (status ?? 'killed') : stopped, output: plain(output) };
}

// Colours, cursor movements, links: terminal programs are read by people here.
const ESCAPES = new RegExp(
  `${String.fromCodePoint(27)}(\\[[0-9;?<>=]*[a-zA-Z]|\\][^\u0007${String.fromCodePoint(27)}]*(\u0007|${String.fromCodePoint(27)}\\\\)|[78=>])`,
  'g',
);
const plain = (text: string): string => text.replaceAll(ESCAPES, '').replaceAll('\r', '');
