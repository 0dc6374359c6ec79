import { readFileSync } from 'node:fs';
import { isObject, type JsonObject } from '../json.ts';
import { Refused } from '../refused.ts';

/** An object from a file, JSON or YAML. */
export async function readObject(path: string): Promise<JsonObject> {
  const { parse } = await import('yaml');
  const text = readFileSync(path, 'utf8');
  let value: unknown;
  try {
    // YAML contains JSON.
    value = parse(text);
  } catch {
    throw new Refused(`${path} is neither JSON nor YAML.`);
  }
  if (!isObject(value)) throw new Refused(`${path} holds no object.`);
  return value;
}

/** The answers of a run: a list, or an object with `answers`. */
export async function readAnswers(path: string): Promise<readonly unknown[]> {
  const { parse } = await import('yaml');
  const value: unknown = parse(readFileSync(path, 'utf8'));
  const list = isObject(value) ? value['answers'] : value;
  if (!Array.isArray(list)) throw new Refused(`${path} holds no list of answers.`);
  return list;
}
