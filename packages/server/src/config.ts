import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';
import type { AwsAccess } from './base/aws/client.ts';
import type { HashicorpAccess } from './base/hashicorp/client.ts';
import { parseNetworks } from './base/outbound/address.ts';
import { parseKekSource, type KekSource } from './base/kek/source.ts';

/** Everything the environment may say, resolved once. Frozen; no part of the house reads the environment again. */
export type Config = {
  mode: 'dev' | 'serve';
  /** One string from which every URL is built; never from the Host header. No trailing slash. */
  issuer: string;
  port: number;
  host: string;
  dataDir: string;
  /** Undefined: embedded database in `dataDir`. */
  databaseUrl: string | undefined;
  /** Undefined only in dev: the house keeps one in `dataDir`. */
  kek: KekSource | undefined;
  /** KEKs that may open too, while one takes the place of another. */
  kekAlso: readonly KekSource[];
  /** Where keys and secrets may be kept in other houses, and how we prove ourselves there. */
  /** Files and folders that hold the hub's own keys: no secret of anybody is read from there. */
  ownFiles: readonly string[];
  hashicorp: HashicorpAccess & { address?: string | undefined };
  aws: AwsAccess;
  configPath: string | undefined;
  adminToken: string | undefined;
  isTrustedProxy(ip: string): boolean;
  logLevel: string;
  smtpUrl: string | undefined;
  allowLoopback: boolean;
  /** Networks that sinks may reach although they are not public: where a SIEM is. */
  sinkNetworks: readonly string[];
  /** The same for calls of flows and for identity providers of the whole hub; never for those of a tenant. */
  flowNetworks: readonly string[];
};

/** Why the start is refused: the name of the variable and what is wrong with it. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const KNOWN = new Set([
  'WRIT_ISSUER',
  'WRIT_PORT',
  'WRIT_HOST',
  'WRIT_DATA_DIR',
  'WRIT_DATABASE_URL',
  'WRIT_KEK',
  'WRIT_KEK_FILE',
  'WRIT_KEK_PROVIDER',
  'WRIT_KEK_ALSO',
  'WRIT_KEK_ALSO_FILE',
  'WRIT_CONFIG',
  'WRIT_ADMIN_TOKEN',
  'WRIT_TRUST_PROXY',
  'WRIT_LOG_LEVEL',
  'WRIT_SMTP_URL',
  'WRIT_ALLOW_LOOPBACK',
  'WRIT_SINK_NETWORKS',
  'WRIT_FLOW_NETWORKS',
]);
const LEVELS = new Set(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace']);

/**
 * Reads the environment or refuses with {@link ConfigError}. `overrides` are what the command line says (it wins over the environment).
 * In `serve` an http issuer is refused (loopback excepted with `allowHttpLoopback`), and so is a missing KEK.
 */
export function readConfig(
  env: Record<string, string | undefined>,
  mode: Config['mode'],
  overrides: { port?: number; dataDir?: string; allowHttpLoopback?: boolean } = {},
): Readonly<Config> {
  for (const name of Object.keys(env)) {
    // WRIT_TEST_* steers the project's own test runs and says nothing to the hub.
    if (name.startsWith('WRIT_') && !name.startsWith('WRIT_TEST_') && !KNOWN.has(name))
      throw new ConfigError(`${name}: the hub knows no such variable; docs/guides/production.md lists them`);
  }
  const port = overrides.port ?? portOf(env['WRIT_PORT'] ?? '8787');
  const issuer = issuerOf(env['WRIT_ISSUER'] ?? `http://localhost:${port}`, mode, overrides.allowHttpLoopback ?? false);
  const kek = kekOf(env);
  if (mode === 'serve' && kek === undefined)
    throw new ConfigError('WRIT_KEK: production needs a key-encryption key (32 bytes, base64), or WRIT_KEK_FILE, or WRIT_KEK_PROVIDER');
  const logLevel = env['WRIT_LOG_LEVEL'] ?? (mode === 'dev' ? 'warn' : 'info');
  if (!LEVELS.has(logLevel)) throw new ConfigError(`WRIT_LOG_LEVEL: one of ${[...LEVELS].join(', ')}`);
  return Object.freeze({
    mode,
    issuer,
    port,
    host: env['WRIT_HOST'] ?? '127.0.0.1',
    dataDir: overrides.dataDir ?? env['WRIT_DATA_DIR'] ?? './data',
    databaseUrl: databaseUrlOf(env['WRIT_DATABASE_URL']),
    kek,
    kekAlso: kekAlsoOf(env),
    ownFiles: ownFilesOf(env, overrides.dataDir ?? env['WRIT_DATA_DIR'] ?? './data'),
    hashicorp: hashicorpOf(env),
    aws: awsOf(env),
    configPath: env['WRIT_CONFIG'],
    adminToken: adminTokenOf(env['WRIT_ADMIN_TOKEN']),
    isTrustedProxy: proxiesOf(env['WRIT_TRUST_PROXY']),
    logLevel,
    smtpUrl: smtpUrlOf(env['WRIT_SMTP_URL']),
    allowLoopback: booleanOf('WRIT_ALLOW_LOOPBACK', env['WRIT_ALLOW_LOOPBACK'], mode === 'dev'),
    sinkNetworks: networksOf('WRIT_SINK_NETWORKS', env['WRIT_SINK_NETWORKS']),
    flowNetworks: networksOf('WRIT_FLOW_NETWORKS', env['WRIT_FLOW_NETWORKS']),
  });
}

export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}

function portOf(value: string): number {
  const port = Number(value);
  if (!/^\d{1,5}$/.test(value) || port > 65_535) throw new ConfigError('WRIT_PORT: a number from 0 to 65535');
  return port;
}

function issuerOf(value: string, mode: Config['mode'], allowHttpLoopback: boolean): string {
  if (!URL.canParse(value)) throw new ConfigError('WRIT_ISSUER: not a URL');
  const url = new URL(value);
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw new ConfigError('WRIT_ISSUER: no query, fragment or user name (RFC 8414 §2)');
  }
  if (url.pathname !== '/') throw new ConfigError('WRIT_ISSUER: no path; give the hub a host name of its own');
  const loopback = isLoopbackHost(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback && (mode === 'dev' || allowHttpLoopback))) {
    throw new ConfigError('WRIT_ISSUER: must be https (http is for loopback: writ dev, or writ serve --allow-http-loopback)');
  }
  return url.origin;
}

function kekOf(env: Record<string, string | undefined>): KekSource | undefined {
  const given = ['WRIT_KEK', 'WRIT_KEK_FILE', 'WRIT_KEK_PROVIDER'].filter((name) => env[name] !== undefined);
  const [name, other] = given;
  if (name === undefined) return undefined;
  if (other !== undefined) throw new ConfigError(`${other}: ${name} is set too; one of them says where the KEK is`);
  const source = sourceIn(name, name === 'WRIT_KEK_FILE' ? readSecretFile(name, env[name] ?? '') : (env[name] ?? ''));
  if ((name === 'WRIT_KEK_PROVIDER') === (source.kind === 'local'))
    throw new ConfigError(
      `${name}: ${source.kind === 'local' ? 'names where the KEK is kept; a key itself stands in WRIT_KEK' : 'is a key; its URL stands in WRIT_KEK_PROVIDER'}`,
    );
  return source;
}

function kekAlsoOf(env: Record<string, string | undefined>): KekSource[] {
  const file = env['WRIT_KEK_ALSO_FILE'];
  const inFile =
    file === undefined
      ? []
      : readSecretFile('WRIT_KEK_ALSO_FILE', file)
          .split(/\s+/)
          .map((text) => ['WRIT_KEK_ALSO_FILE', text] as const);
  const inline = (env['WRIT_KEK_ALSO'] ?? '').split(/[\s,]+/).map((text) => ['WRIT_KEK_ALSO', text] as const);
  return [...inline, ...inFile].filter(([, text]) => text !== '').map(([name, text]) => sourceIn(name, text));
}

function ownFilesOf(env: Record<string, string | undefined>, dataDir: string): string[] {
  const named = ['WRIT_KEK_FILE', 'WRIT_KEK_ALSO_FILE', 'VAULT_TOKEN_FILE', 'AWS_WEB_IDENTITY_TOKEN_FILE'].map((name) => env[name]);
  return [resolve(dataDir), ...named.filter((path) => path !== undefined)];
}

function sourceIn(name: string, text: string): KekSource {
  const source = parseKekSource(text);
  if (!source.ok) throw new ConfigError(`${name}: ${source.error}`);
  return source.value;
}

function readSecretFile(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new ConfigError(`${name}: cannot read ${path}`);
  }
}

/** The names that HashiCorp Vault and OpenBao give them. */
function hashicorpOf(env: Record<string, string | undefined>): Config['hashicorp'] {
  const address = env['VAULT_ADDR'];
  if (address !== undefined && !URL.canParse(address)) throw new ConfigError('VAULT_ADDR: not a URL');
  return {
    address: address === undefined ? undefined : new URL(address).origin,
    token: env['VAULT_TOKEN'],
    tokenFile: env['VAULT_TOKEN_FILE'],
    namespace: env['VAULT_NAMESPACE'],
  };
}

/** The names that AWS gives them. */
function awsOf(env: Record<string, string | undefined>): AwsAccess {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
  const { AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile, AWS_ROLE_ARN: roleArn, AWS_ENDPOINT_URL: everywhere } = env;
  return {
    keys: accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey, sessionToken },
    webIdentity: tokenFile === undefined || roleArn === undefined ? undefined : { tokenFile, roleArn },
    endpoints: {
      kms: env['AWS_ENDPOINT_URL_KMS'] ?? everywhere,
      secretsmanager: env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] ?? everywhere,
      sts: env['AWS_ENDPOINT_URL_STS'] ?? everywhere,
    },
  };
}

function databaseUrlOf(value: string | undefined): string | undefined {
  if (value !== undefined && !/^postgres(ql)?:\/\//.test(value)) throw new ConfigError('WRIT_DATABASE_URL: a postgres:// URL');
  return value;
}

function smtpUrlOf(value: string | undefined): string | undefined {
  if (value !== undefined && !/^smtps?:\/\//.test(value)) throw new ConfigError('WRIT_SMTP_URL: an smtp:// or smtps:// URL');
  return value;
}

function adminTokenOf(value: string | undefined): string | undefined {
  if (value !== undefined && value.length < 32) throw new ConfigError('WRIT_ADMIN_TOKEN: at least 32 characters');
  return value;
}

function booleanOf(name: string, value: string | undefined, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (['1', 'true'].includes(value)) return true;
  if (['0', 'false', ''].includes(value)) return false;
  throw new ConfigError(`${name}: 1 or 0`);
}

/** `10.20.0.0/16, fd12::/32`. */
function networksOf(name: string, value: string | undefined): string[] {
  const networks = (value ?? '').split(/[\s,]+/).filter((one) => one !== '');
  try {
    parseNetworks(networks);
  } catch {
    throw new ConfigError(`${name}: networks in CIDR form, separated by commas`);
  }
  return networks;
}

function proxiesOf(value: string | undefined): (ip: string) => boolean {
  if (value === undefined || value === '') return () => false;
  const list = new BlockList();
  for (const entry of value.split(',').map((part) => part.trim())) {
    const [address = '', bits] = entry.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : isIP(address) === 6 ? 'ipv6' : undefined;
    const prefix = bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits);
    if (family === undefined || !Number.isInteger(prefix) || prefix < 0 || prefix > (family === 'ipv4' ? 32 : 128)) {
      throw new ConfigError(`WRIT_TRUST_PROXY: "${entry}" is no address or CIDR range`);
    }
    list.addSubnet(address, prefix, family);
  }
  return (ip) => list.check(ip, isIP(ip) === 6 ? 'ipv6' : 'ipv4');
}
