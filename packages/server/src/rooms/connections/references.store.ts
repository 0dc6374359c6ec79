import type { AwsClient } from '../../base/aws/client.ts';
import type { HashicorpClient } from '../../base/hashicorp/client.ts';
import { parseJson } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { isOwnVariable, secretFileText } from '../../base/secret-file.ts';
import type { ConnectionType } from './kinds.ts';
import type { Secret } from './credential.ts';
import { parseReference, type Reference } from './reference.ts';
import { secretOfText } from './reference-text.ts';

export type Resolved = Exclude<Secret, { kind: 'reference' }>;

/**
 * Why a reference leads to nothing. `reference_absent`: there is no such variable, file, path or field. `reference_unavailable`: whoever keeps it does not
 * answer or does not let us. `reference_unusable`: what is there is no secret of that kind. None of them says what was found.
 */
export type ReferenceFault = 'reference_invalid' | 'reference_absent' | 'reference_unavailable' | 'reference_unusable';

/** Reads a secret where it is kept, each time anew: what is rotated there is in force here at once, and nothing of it is stored. */
export type References = (of: { url: string; type: ConnectionType }) => Promise<Result<Resolved, ReferenceFault>>;

export type ReferencesDeps = {
  env: Readonly<Record<string, string | undefined>>;
  /** Files and folders of the hub itself, which no reference reads. */
  ownFiles: readonly string[];
  /** Absent: VAULT_ADDR names none. */
  hashicorp?: HashicorpClient | undefined;
  aws?: AwsClient | undefined;
};

export function createReferences(deps: ReferencesDeps): References {
  return async ({ url, type }) => {
    const reference = parseReference(url);
    if (!reference.ok) return fail('reference_invalid');
    const text = await textBehind(deps, reference.value);
    if (!text.ok) return text;
    const secret = secretOfText(type, text.value);
    return secret === undefined ? fail('reference_unusable') : ok(secret);
  };
}

type Text = Result<string, ReferenceFault>;

function textBehind(deps: ReferencesDeps, reference: Reference): Promise<Text> {
  switch (reference.kind) {
    case 'env':
      return Promise.resolve(isOwnVariable(reference.name) ? fail('reference_invalid') : present(deps.env[reference.name]));
    case 'file':
      return Promise.resolve(present(secretFileText(reference.path, deps.ownFiles)));
    case 'vault':
      return keyValue(deps.hashicorp, reference);
    case 'awssm':
      return secretsManager(deps.aws, reference);
  }
}

function present(text: unknown): Text {
  return typeof text === 'string' && text !== '' ? ok(text) : fail('reference_absent');
}

/** KV version 2 wraps the fields once more (`data.data`), version 1 does not. */
async function keyValue(client: HashicorpClient | undefined, { path, field }: { path: string; field: string }): Promise<Text> {
  if (client === undefined) return fail('reference_unavailable');
  const { status, data } = await client('GET', path);
  if (status === 404) return fail('reference_absent');
  if (status !== 200) return fail('reference_unavailable');
  const { data: inner, metadata } = data;
  const isSecond = typeof inner === 'object' && inner !== null && typeof metadata === 'object';
  return present(memberOf(isSecond ? inner : data, field));
}

async function secretsManager(
  client: AwsClient | undefined,
  { region, secret, field }: { region: string; secret: string; field: string | undefined },
): Promise<Text> {
  if (client === undefined) return fail('reference_unavailable');
  const answer = await client({ service: 'secretsmanager', region, target: 'secretsmanager.GetSecretValue', body: { SecretId: secret } });
  if (!answer.ok) return fail(answer.error.type === 'ResourceNotFoundException' ? 'reference_absent' : 'reference_unavailable');
  const { SecretString: text } = answer.value;
  if (field === undefined || typeof text !== 'string') return present(text);
  const read = parseJson(text);
  return read.ok ? present(memberOf(read.value, field)) : fail('reference_unusable');
}

function memberOf(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, field) ? new Map(Object.entries(value)).get(field) : undefined;
}
