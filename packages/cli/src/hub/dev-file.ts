import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson, textAt } from '../json.ts';

/** Where a running `writ dev` listens, and the admin token it made for this run (absent when the environment gave one). */
export type DevFile = { url: string; adminToken?: string };

const NAME = 'dev.json';

/** What the `writ dev` that runs from this folder wrote; undefined when there is none. */
export function readDevFile(dataDir: string): DevFile | undefined {
  const found = parseJson(textOf(join(dataDir, NAME)) ?? '');
  const url = textAt(found, 'url');
  const adminToken = textAt(found, 'adminToken');
  return url === undefined ? undefined : { url, ...(adminToken === undefined ? {} : { adminToken }) };
}

/** Written beside and renamed: a verb that reads at the same moment sees all of it or nothing. Only the owner can read it. */
export function writeDevFile(dataDir: string, content: DevFile): void {
  const path = join(dataDir, NAME);
  const fresh = `${path}.${process.pid}`;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  rmSync(fresh, { force: true });
  writeFileSync(fresh, `${JSON.stringify(content)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(fresh, path);
}

export function removeDevFile(dataDir: string): void {
  rmSync(join(dataDir, NAME), { force: true });
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
