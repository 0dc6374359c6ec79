import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

type Locked = { packages: Record<string, { version?: string; optional?: boolean }> };

const isLocked = (value: unknown): value is Locked => typeof value === 'object' && value !== null && 'packages' in value;

function packagesOf(path: string): Locked['packages'] {
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isLocked(value)) throw new Error(`${path} is no lockfile`);
  return value.packages;
}

/** Whether what the lockfile of `folder` demands is installed there. */
function isInstalled(folder: string): boolean {
  const record = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const [installed, locked] = [packagesOf(record), packagesOf(join(folder, 'package-lock.json'))];
  return Object.entries(locked).every(([path, wanted]) => {
    if (path === '') return true;
    return installed[path] === undefined ? wanted.optional === true : installed[path].version === wanted.version;
  });
}

/** Installs the pinned packages of a folder that is no workspace, where they are missing. Throws with npm's words when npm cannot. */
export function installPackages(folder: string): void {
  if (isInstalled(folder)) return;
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const done = spawnSync(npm, args, { cwd: folder, encoding: 'utf8', timeout: 240_000, maxBuffer: 16 * 1024 * 1024 });
  if (done.status !== 0)
    throw new Error(`npm ci in ${folder} ended with ${done.status ?? done.signal}: ${done.stderr}${done.error?.message ?? ''}`);
}

/** The program of an installed package, e.g. `mcp-remote/dist/client.js`. */
export function programIn(folder: string, path: string): string {
  return join(folder, 'node_modules', path);
}
