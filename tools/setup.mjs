// Makes a fresh clone runnable: packages, a Node new enough, a build. Does nothing, quickly, when nothing is missing.
// Runs on Node 20 with npm and nothing else, so it may import only Node itself and its neighbours here.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode } from './node24.mjs';
import { run } from './run.mjs';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Installs what is missing and finds Node; builds unless told not to. Returns `{ node, built }`: the Node to run on, and whether the
 * build had no errors. Ends the process with one sentence when it cannot go on.
 */
export async function setup({ build = true } = {}) {
  const unlock = await lock();
  try {
    await installIfNeeded();
    const found = findNode(ROOT);
    if (found.problem !== undefined) refuse(found.problem);
    return { node: found.node, built: build ? await compile(found.node) : true };
  } finally {
    unlock();
  }
}

/** `tsc -b` and the console: incremental, about a second when nothing changed. True when neither had errors. */
export async function compile(node) {
  const compiler = join(ROOT, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
  const status = await run(node, [compiler, '-b'], { cwd: ROOT, waiting: 'still building' });
  if (status > 128) process.exit(status);
  if (status !== 0) return false;
  const console = await run(node, [join(ROOT, 'tools', 'console.mjs')], { cwd: ROOT, waiting: 'still building the console' });
  if (console > 128) process.exit(console);
  return console === 0;
}

async function installIfNeeded() {
  const stamp = join(ROOT, 'node_modules', '.writ-setup');
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  if (!installMatchesLock(ROOT)) await install();
  writeFileSync(stamp, fingerprint());
}

/**
 * `npm ci` on a fresh clone. Where packages are installed already, a repair in place: a hub may be running on them. An incomplete lockfile
 * is no use to `npm ci`; `npm install` keeps to what is locked and looks up the rest by its exact version.
 */
async function install() {
  const fresh = !existsSync(join(ROOT, 'node_modules'));
  process.stdout.write(fresh ? 'First run: installing packages, about a minute …\n' : 'package-lock.json changed: updating packages …\n');
  const ways = fresh && lockIsComplete(ROOT) ? [['ci'], ['install', '--no-save']] : [['install', '--no-save'], ['ci']];
  for (const way of ways) {
    const args = [...way, '--include=optional', '--include=dev', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'];
    const status = await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { cwd: ROOT, waiting: 'still installing' });
    if (status === 0) return;
    if (status > 128) process.exit(status);
    process.stdout.write(`npm ${way.join(' ')} ended with status ${status}.\n`);
  }
  refuse('the packages could not be installed; npm says why above. Is the package registry reachable from here?');
}

/** Same lockfile, same machine. A copied node_modules folder of another platform is not an installation here. */
function fingerprint() {
  const digest = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  return `${digest} ${process.platform} ${process.arch}\n`;
}

/** Whether every package that the lockfile demands is installed in that version, by npm's own record of what it installed. */
export function installMatchesLock(root) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(locked).every(([path, wanted]) => {
    if (!path.includes('node_modules/')) return true;
    const got = installed[path];
    return got === undefined ? wanted.optional === true || wanted.devOptional === true : got.version === wanted.version;
  });
}

/** Whether the lockfile names every optional package, those of other platforms too: a registry that lacks some makes it incomplete. */
export function lockIsComplete(root) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const locked = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
  return Object.values(packages).every((one) => Object.keys(one.optionalDependencies ?? {}).every((name) => locked.has(name)));
}

/** One set-up at a time in one checkout: two installers in one folder leave neither's result. A dead holder is no obstacle. */
async function lock() {
  const path = join(ROOT, '.tmp', 'setup.lock');
  mkdirSync(dirname(path), { recursive: true });
  for (let said = false; ;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch {
      if (!holderLives(path)) rmSync(path, { force: true });
      else if (!said) process.stdout.write('Another set-up runs in this checkout; waiting for it …\n');
      said = true;
      await new Promise((wake) => setTimeout(wake, 500));
    }
  }
}

function holderLives(path) {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    // Empty: its maker is between creating and writing it, unless that was long ago.
    if (pid === 0) return performance.timeOrigin + performance.now() - statSync(path).mtimeMs < 5000;
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function refuse(sentence) {
  process.stderr.write(`\nSet-up stopped: ${sentence}\n`);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { built } = await setup();
  process.exitCode = built ? 0 : 1;
}
