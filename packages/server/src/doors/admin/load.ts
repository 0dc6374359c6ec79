import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { isObject, parseJson } from '../../base/json.ts';
import { ConfigError } from '../../config.ts';
import { jsonOfYaml } from './body.ts';

const ENDINGS = new Set(['.json', '.yaml', '.yml']);
const MAX_FILE = 4_000_000;

/**
 * Reads a config from a file, or from the YAML and JSON files of a folder, put together in the order of their names: lists of the same
 * collection are joined. References to secrets stay references. Throws {@link ConfigError} that names the file and what is wrong with it.
 */
export function loadConfigFile(path: string): Record<string, unknown> {
  const files = filesAt(path);
  if (files.length === 0) throw new ConfigError(`${path}: no .yaml, .yml or .json file in this folder`);
  const whole: Record<string, unknown> = {};
  for (const file of files) addTo(whole, readOne(file), file);
  return whole;
}

function filesAt(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => ENDINGS.has(extname(name)) && !name.startsWith('.'));
    return names.sort().map((name) => join(path, name));
  } catch {
    throw new ConfigError(`${path}: cannot be read`);
  }
}

function readOne(file: string): Record<string, unknown> {
  const text = textOf(file);
  const json = extname(file) === '.json' ? { ok: true as const, value: text } : jsonOfYaml(text);
  if (!json.ok) throw new ConfigError(`${file}: ${json.error}`);
  const value = parseJson(json.value);
  if (!value.ok) throw new ConfigError(`${file}: not well-formed (${value.error})`);
  if (!isObject(value.value)) throw new ConfigError(`${file}: a config is an object of collections, such as "tenants:"`);
  return value.value;
}

function textOf(file: string): string {
  try {
    if (statSync(file).size > MAX_FILE) throw new ConfigError(`${file}: larger than 4 MB`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${file}: cannot be read`);
  }
}

function addTo(whole: Record<string, unknown>, part: Readonly<Record<string, unknown>>, file: string): void {
  for (const [name, value] of Object.entries(part)) {
    const before = whole[name];
    // An empty collection ("clients:" and nothing below it) is an empty list.
    const list: unknown = value ?? (name === 'settings' ? {} : []);
    if (before === undefined) whole[name] = list;
    else if (Array.isArray(before) && Array.isArray(list)) whole[name] = [...before, ...list];
    else if (name === 'settings' && isObject(before) && isObject(list)) whole[name] = joined(before, list, file);
    else throw new ConfigError(`${file}: ${name} stands in another file too, and only lists can be joined`);
  }
}

/** Each setting stands in one file: which of two was meant nobody knows. */
function joined(before: Record<string, unknown>, more: Record<string, unknown>, file: string): Record<string, unknown> {
  const twice = Object.keys(more).find((name) => Object.hasOwn(before, name));
  if (twice !== undefined) throw new ConfigError(`${file}: settings.${twice} stands in another file too`);
  return { ...before, ...more };
}
