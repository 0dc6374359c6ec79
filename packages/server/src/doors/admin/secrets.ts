import { isAbsolute } from 'node:path';
import { isObject } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { isOwnVariable, secretFileText } from '../../base/secret-file.ts';
import type { FieldFault } from '../../base/http/admin.ts';

/** Where secrets stand in an object of the config file, by collection. `*` is every item of a list. Elsewhere `{env: …}` is just a value. */
const PLACES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  users: [['password']],
  clients: [['auth', 'secrets', '*']],
  connections: [['clientSecret']],
  sinks: [['secret']],
  transmitters: [['secret']],
  identityProviders: [['clientSecret']],
  flowSecrets: [['value']],
  settings: [['anchor', 'secret']],
  credentials: [['value'], ['password'], ['privateKey'], ['accessToken'], ['refreshToken']],
};

export type SecretSource = {
  /** The environment to read `{env: NAME}` from. */
  env: Readonly<Record<string, string | undefined>>;
  /** Whether `{value: …}` may be written in plain: outside production only. */
  plainValues: boolean;
  /** Files and folders of the hub itself, which `{file: PATH}` must not read. */
  guarded?: readonly string[];
};

/**
 * What a call to one collection may hold. A credential goes straight into the vault and is shown never again, so it is entered as it is; a config
 * file lies in a repository, and holds references.
 */
export function sourceOfCall(collection: string, source: SecretSource): SecretSource {
  return collection === 'credentials' || collection === 'flowSecrets' ? { ...source, plainValues: true } : source;
}

/**
 * Replaces `{env: NAME}` and `{file: PATH}` by `{value: …}` in one object of a collection, before its schema reads it. Takes what it is
 * given apart only where a secret can stand; anything it does not understand is left for the schema to refuse.
 */
export function resolveSecrets(collection: string, value: unknown, source: SecretSource): Result<unknown, FieldFault[]> {
  const faults: FieldFault[] = [];
  const change = (reference: Members, path: string): unknown => {
    const outcome = resolve(reference, source);
    if (outcome.ok) return outcome.value;
    faults.push({ field: path, message: outcome.error });
    return reference;
  };
  let resolved = value;
  for (const place of PLACES[collection] ?? []) resolved = at(resolved, place, '', change);
  return faults.length > 0 ? fail(faults) : ok(resolved);
}

type Members = Readonly<Record<string, unknown>>;

function at(value: unknown, place: readonly string[], path: string, change: (reference: Members, path: string) => unknown): unknown {
  const [next, ...rest] = place;
  if (next === undefined) return isObject(value) ? change(value, path) : value;
  if (next === '*') return Array.isArray(value) ? value.map((item: unknown, index) => at(item, rest, `${path}[${index}]`, change)) : value;
  if (!isObject(value) || !Object.hasOwn(value, next)) return value;
  return { ...value, [next]: at(value[next], rest, path === '' ? next : `${path}.${next}`, change) };
}

function resolve(reference: Members, source: SecretSource): Result<Members, string> {
  const { env, file, value, ...rest } = reference;
  const given = [env, file, value].filter((one) => one !== undefined);
  if (given.length !== 1) return fail('says exactly one of env, file and value');
  if (value !== undefined)
    return source.plainValues
      ? ok(reference)
      : fail('a value in plain is for development; in production write {env: NAME} or {file: PATH}');
  const found =
    typeof env === 'string' ? fromEnv(env, source) : typeof file === 'string' ? fromFile(file, source) : fail('names a variable or a path');
  return found.ok ? ok({ ...rest, value: found.value }) : found;
}

function fromEnv(name: string, { env }: SecretSource): Result<string, string> {
  // The hub's own settings hold its master key: they must not become somebody's password.
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name) || isOwnVariable(name)) return fail('names a variable, and none of the hub itself');
  const found = env[name];
  return found === undefined || found === '' ? fail(`the hub's environment has no ${name}`) : ok(found);
}

function fromFile(path: string, { guarded = [] }: SecretSource): Result<string, string> {
  if (!isAbsolute(path)) return fail('a file is named by its absolute path');
  const text = secretFileText(path, guarded);
  // The same words for a missing file and one that may not be read: the answer is not a way to look around the disk.
  return text === undefined ? fail('the hub finds no secret in this file') : ok(text);
}
