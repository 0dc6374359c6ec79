import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { isObject, parseJson, textAt } from '../json.ts';

/** What `writ token` remembers between runs, below the user's own folder: client ids it registered, and refresh tokens where `--keep` asked for it. */
export type Kept = { get(...key: string[]): string | undefined; set(value: string, ...key: string[]): void };

export function keptTokens(env: Readonly<Record<string, string | undefined>>): Kept {
  const path = join(env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state'), 'writ', 'tokens.json');
  return {
    get: (...key) => textAt({ found: read(path)[key.join(' ')] }, 'found'),
    set: (value, ...key) => write(path, { ...read(path), [key.join(' ')]: value }),
  };
}

function read(path: string): Readonly<Record<string, unknown>> {
  try {
    const found = parseJson(readFileSync(path, 'utf8'));
    return isObject(found) ? found : {};
  } catch {
    return {};
  }
}

function write(path: string, content: Readonly<Record<string, unknown>>): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify(content, undefined, 1)}\n`, { mode: 0o600 });
  renameSync(fresh, path);
}
