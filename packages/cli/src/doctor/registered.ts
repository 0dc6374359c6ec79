import { isIdentityScope } from '@writ/protocol';
import { listAt, textAt, textsAt } from '../json.ts';
import { difference } from './compare.ts';
import { better, good, wrong } from './finding.ts';
import type { Finding } from './finding.ts';

/** Compares what a server says about itself with what the hub knows: tokens carry the hub's spelling of the address as `aud`. */
export function judgeRegistration(resources: readonly unknown[], description: unknown, issuer: string): Finding[] {
  const name = textAt(description, 'resource') ?? '';
  const found = resources.find((one) => textAt(one, 'uri') === name);
  if (found === undefined) return [unknownResource(resources, name, issuer)];
  return [
    good(`The hub knows it as resource ${textAt(found, 'id')}, and its tokens are for exactly that address.`),
    ...scopes(found, description),
  ];
}

function unknownResource(resources: readonly unknown[], name: string, issuer: string): Finding {
  const alias = resources.find((one) => textsAt(one, 'aliases').includes(name));
  if (alias !== undefined) {
    return wrong(
      `The hub knows ${name} only as an alias: its tokens are for ${textAt(alias, 'uri')}.`,
      'Give the server that address as its resource; the SDK takes the other as an alias.',
    );
  }
  const near = resources.find((one) =>
    ['slash', 'names to a client', 'spelling', 'TLS'].some((word) => difference(textAt(one, 'uri') ?? '', name)?.includes(word)),
  );
  if (near !== undefined) {
    return wrong(
      `The hub knows ${textAt(near, 'uri')}, the server calls itself ${name}: ${difference(textAt(near, 'uri') ?? '', name)}.`,
      'Make both the same, byte for byte.',
    );
  }
  return wrong(
    `The hub at ${issuer} does not know ${name}.`,
    `Make it a resource: writ dev --protect ${name}, the console, or a config file.`,
  );
}

function scopes(found: unknown, description: unknown): Finding[] {
  const known = new Set(listAt(found, 'scopes').map((one) => textAt(one, 'name')));
  const unknown = textsAt(description, 'scopes_supported').filter((name) => !known.has(name) && !isIdentityScope(name));
  if (unknown.length === 0) return [];
  return [
    better(
      `It announces scopes that the hub does not know: ${unknown.join(', ')}.`,
      'Nobody can be given them. Add them to the resource, or stop announcing them.',
    ),
  ];
}
