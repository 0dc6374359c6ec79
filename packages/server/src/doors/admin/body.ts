import { parse } from 'yaml';
import { badInput } from '../../base/http/admin.ts';
import type { Inbound, Problem } from '../../base/http/message.ts';
import { parseJson, type JsonFault } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';

const FAULTS: Record<JsonFault, string> = {
  syntax: 'is no well-formed JSON',
  number: 'holds a number that is too large',
  depth: 'is nested deeper than 32 levels',
  duplicate: 'has a member twice; two readers would see two documents',
  forbidden_name: 'has a member named __proto__',
  forbidden_character: 'has a NUL character or half of a surrogate pair',
};

const YAML_TYPES = new Set(['application/yaml', 'application/x-yaml', 'text/yaml']);

/** What the body says, before any schema: JSON, or YAML where the route takes it. An empty body is `undefined`. */
export function readBody(request: Inbound, takesYaml: boolean): Result<unknown, Problem> {
  if (request.body === '') return ok(undefined);
  const [type = '', ...parameters] = (request.header('content-type') ?? '').split(';').map((part) => part.trim().toLowerCase());
  const charsetIsUtf8 = parameters.every((parameter) => !parameter.startsWith('charset=') || /^charset="?utf-8"?$/.test(parameter));
  const isYaml = takesYaml && YAML_TYPES.has(type);
  if ((type !== 'application/json' && !isYaml) || !charsetIsUtf8) {
    return fail({
      status: 415,
      type: 'unsupported_media_type',
      title: `The body must be application/json${takesYaml ? ' or application/yaml' : ''} in UTF-8`,
    });
  }
  const text = isYaml ? jsonOfYaml(request.body) : ok(request.body);
  if (!text.ok) return fail(badInput([{ field: 'body', message: text.error }]));
  const value = parseJson(text.value);
  return value.ok ? value : fail(badInput([{ field: 'body', message: FAULTS[value.error] }]));
}

const MAX_YAML = 1_000_000;

/**
 * YAML as the JSON it means (YAML 1.2 core: `no` is a word, not false), so that one set of checks judges both. Aliases are refused: a page of
 * them unfolds to gigabytes.
 */
export function jsonOfYaml(text: string): Result<string, string> {
  if (text.length > MAX_YAML) return fail('is longer than a million characters; send JSON');
  try {
    const value: unknown = parse(text, {
      version: '1.2',
      schema: 'core',
      uniqueKeys: true,
      maxAliasCount: 0,
      merge: false,
      stringKeys: true,
      logLevel: 'error',
    });
    return ok(JSON.stringify(value ?? {}));
  } catch (error) {
    // Whatever the parser stumbled over, an overflowing stack included, the text is not what we take.
    return fail(error instanceof Error ? `is no well-formed YAML: ${error.message.split('\n')[0] ?? ''}` : 'is no well-formed YAML');
  }
}
