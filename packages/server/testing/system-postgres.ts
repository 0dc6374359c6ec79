import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const OLDEST_MAJOR = 15;
const DEBIAN = '/usr/lib/postgresql';

/** The folder of an installed server's `initdb` and `postgres`, version 15 or newer, the newest that Debian's layout has, else by PATH. */
export function findSystemPostgres(): string | undefined {
  return [...debianFolders(), ...(process.env.PATH ?? '').split(delimiter)].find(isServer);
}

function debianFolders(): string[] {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).map(Number).filter(Number.isInteger) : [];
  return versions.sort((a, b) => b - a).map((version) => join(DEBIAN, String(version), 'bin'));
}

function isServer(folder: string): boolean {
  if (!existsSync(join(folder, 'initdb')) || !existsSync(join(folder, 'postgres'))) return false;
  const said = spawnSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' });
  const major = /PostgreSQL\) (\d+)/.exec(said.stdout ?? '')?.[1];
  return said.status === 0 && Number(major) >= OLDEST_MAJOR;
}
