import { fail, ok, type Result } from '../../base/result.ts';

/** Where a secret is kept that the vault only points at. */
export type Reference =
  | { kind: 'env'; name: string }
  | { kind: 'file'; path: string }
  /** KV of HashiCorp Vault or OpenBao: the API path below /v1/ and the field. */
  | { kind: 'vault'; path: string; field: string }
  | { kind: 'awssm'; region: string; secret: string; field: string | undefined };

/** As `isOwnVariable` of base/secret-file.ts, which reads files and so cannot be asked here. */
const OWN = /^(WRIT_.*|AWS_(ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)|VAULT_TOKEN|BAO_TOKEN|PGPASSWORD)$/;

const FORMS = 'env:NAME, file:/path, vault:<path>#<field> or awssm:<region>/<secret>[#<field>]';

/** Reads a reference. Names that hold the hub's own keys to other houses are refused: an administrator's reference must not hand them out. */
export function parseReference(text: string): Result<Reference, string> {
  const [, scheme = '', rest = ''] = /^([a-z]+):([^\s\\]+)$/.exec(text) ?? [];
  const [place = '', field, ...more] = rest.split('#');
  if (more.length > 0 || field === '') return fail(`is none of ${FORMS}`);
  switch (scheme) {
    case 'env':
      return field === undefined ? environment(place) : fail('env:NAME has no field');
    case 'file':
      return field === undefined && place.startsWith('/') && !place.split('/').includes('..')
        ? ok({ kind: 'file', path: place })
        : fail('file: and an absolute path');
    case 'vault':
      return /^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(place) && !place.split('/').includes('..') && field !== undefined
        ? ok({ kind: 'vault', path: place, field })
        : fail('vault:<path>#<field>, such as vault:secret/data/search#key');
    case 'awssm':
      return secretsManager(place, field);
    default:
      return fail(`is none of ${FORMS}`);
  }
}

function environment(name: string): Result<Reference, string> {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) return fail('env: and the name of a variable');
  return OWN.test(name) ? fail('a variable of the hub itself is not handed out') : ok({ kind: 'env', name });
}

function secretsManager(place: string, field: string | undefined): Result<Reference, string> {
  const [, region, secret] = /^([a-z]{2}(?:-[a-z]+)+-\d)\/([A-Za-z0-9/_+=.@:-]{1,512})$/.exec(place) ?? [];
  return region === undefined || secret === undefined
    ? fail('awssm:<region>/<secret>[#<field>], such as awssm:eu-central-1/prod/search#key')
    : ok({ kind: 'awssm', region, secret, field });
}

export function referenceFault(text: string): string | undefined {
  const read = parseReference(text);
  return read.ok ? undefined : read.error;
}
