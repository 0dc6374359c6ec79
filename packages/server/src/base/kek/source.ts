import { fail, ok, type Result } from '../result.ts';

/** Which KEK an operator means. */
export type KekSource =
  | { kind: 'local'; key: Buffer }
  /** `address` is an origin; `mount` may have slashes. */
  | { kind: 'transit'; address: string; mount: string; key: string }
  | { kind: 'kms'; region: string; keyId: string };

const FORMS =
  '32 bytes in base64 (openssl rand -base64 32), vault+https://host:port/<mount>/<key>, or aws-kms://<region>/<key id, ARN or alias/name>';

/** Reads a key or the URL of one. The refusal never repeats the text: it may be a key with a typing mistake in it. */
export function parseKekSource(text: string): Result<KekSource, string> {
  const given = text.trim();
  if (given.startsWith('vault+')) return transit(given.slice('vault+'.length));
  if (given.startsWith('aws-kms:')) return kms(given);
  const key = Buffer.from(given, 'base64');
  return /^[A-Za-z0-9+/_-]{43}=?$/.test(given) && key.length === 32 ? ok({ kind: 'local', key }) : fail(FORMS);
}

function transit(text: string): Result<KekSource, string> {
  if (!URL.canParse(text)) return fail(FORMS);
  const url = new URL(text);
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) return fail('vault+https (vault+http reaches loopback only)');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return fail('no user, query or fragment in the URL; the token stands in VAULT_TOKEN or VAULT_TOKEN_FILE');
  const [, mount, key] = /^\/((?:[A-Za-z0-9_-]+\/)*[A-Za-z0-9_-]+)\/([A-Za-z0-9._-]+)$/.exec(url.pathname) ?? [];
  return mount === undefined || key === undefined
    ? fail('vault+https://host:port/<mount>/<key>')
    : ok({ kind: 'transit', address: url.origin, mount, key });
}

function kms(text: string): Result<KekSource, string> {
  const [, region, keyId] =
    /^aws-kms:\/\/([a-z]{2}(?:-[a-z]+)+-\d)\/((?:arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:)?(?:key\/|alias\/)?[A-Za-z0-9/_-]{1,256})$/.exec(
      text,
    ) ?? [];
  return region === undefined || keyId === undefined
    ? fail('aws-kms://<region>/<key id, ARN or alias/name>, such as aws-kms://eu-central-1/alias/writ')
    : ok({ kind: 'kms', region, keyId });
}
