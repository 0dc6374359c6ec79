import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { at, isObject, numberAt, parseJson, textAt } from '../json.ts';

/** This program's own registration at a hub (RFC 7591), and with what it may ask after it (RFC 7592). */
export type Registration = { id: string; uri?: string | undefined; token?: string | undefined };

/** A login: for whom nobody has to open a browser again. `expiresAt` in milliseconds. */
export type KeptLogin = {
  accessToken?: string | undefined;
  refreshToken?: string | undefined;
  expiresAt?: number | undefined;
  scope?: string | undefined;
};

/** What `writ token` remembers between runs, in one file that only its owner may read. */
export type Kept = {
  readonly path: string;
  registration(issuer: string): Registration | undefined;
  register(issuer: string, registration: Registration | undefined): void;
  login(key: readonly string[]): KeptLogin | undefined;
  keep(key: readonly string[], login: KeptLogin | undefined): void;
};

type Content = { registrations: Record<string, unknown>; logins: Record<string, unknown> };

export function keptTokens(env: Readonly<Record<string, string | undefined>>): Kept {
  const path = join(env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? homedir(), '.config'), 'writ', 'tokens.json');
  const change = (part: keyof Content, name: string, value: object | undefined): void => {
    const content = read(path);
    const { [name]: _, ...rest } = content[part];
    write(path, { ...content, [part]: value === undefined ? rest : { ...rest, [name]: value } });
  };
  return {
    path,
    registration: (issuer) => registrationIn(read(path).registrations[issuer]),
    register: (issuer, registration) => change('registrations', issuer, registration),
    login: (key) => loginIn(read(path).logins[nameOf(key)]),
    keep: (key, login) => change('logins', nameOf(key), login),
  };
}

/** No part of a key holds a line break, so no two keys have one name. */
const nameOf = (key: readonly string[]): string => key.join('\n');

function registrationIn(value: unknown): Registration | undefined {
  const id = textAt(value, 'id');
  return id === undefined ? undefined : { id, uri: textAt(value, 'uri'), token: textAt(value, 'token') };
}

function loginIn(value: unknown): KeptLogin | undefined {
  if (!isObject(value)) return undefined;
  return {
    accessToken: textAt(value, 'accessToken'),
    refreshToken: textAt(value, 'refreshToken'),
    expiresAt: numberAt(value, 'expiresAt'),
    scope: textAt(value, 'scope'),
  };
}

/** A file that is missing or broken is an empty one: the worst that follows is another login. */
function read(path: string): Content {
  const content = (() => {
    try {
      return parseJson(readFileSync(path, 'utf8'));
    } catch {
      return undefined;
    }
  })();
  const part = (name: string): Record<string, unknown> => {
    const found = at(content, name);
    return isObject(found) ? { ...found } : {};
  };
  return { registrations: part('registrations'), logins: part('logins') };
}

/** Written beside and moved into place, so that nobody ever reads a half. */
function write(path: string, content: Content): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify(content, undefined, 1)}\n`, { mode: 0o600 });
  renameSync(fresh, path);
}
