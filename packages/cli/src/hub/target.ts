import { Refused } from '../refused.ts';
import { readDevFile } from './dev-file.ts';

/** What the options `--url` and `--token` said. */
export type TargetOptions = { url?: string; token?: string };

/** The hub a verb talks to. `token` undefined: none is known, which is fine for what is public. */
export type Target = { url: string; token: string | undefined };

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Finds the hub: `--url`, else WRIT_ISSUER, else the hub that `writ dev` runs from the data folder, else the default port here.
 * The token of the running dev hub is used for that hub only: a token never travels to an address it was not made for.
 */
export function findTarget(options: TargetOptions, env: Env): Target {
  const dev = readDevFile(env['WRIT_DATA_DIR'] ?? './data');
  const url = originOf(options.url ?? env['WRIT_ISSUER'] ?? dev?.url ?? `http://localhost:${env['WRIT_PORT'] ?? '8787'}`);
  const token = options.token ?? env['WRIT_ADMIN_TOKEN'] ?? (dev?.url === url ? dev.adminToken : undefined);
  if (token !== undefined && !isSafeForSecrets(new URL(url))) {
    throw new Refused(`The admin token would travel unencrypted to ${url}. Use https, or run this on the hub's own machine.`);
  }
  return { url, token };
}

/** Encrypted, or never on a network. */
export function isSafeForSecrets({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

function originOf(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new Refused(`"${text}" is no http or https URL.`, 2);
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new Refused(`"${text}" has more than scheme, host and port; the hub's address is ${url.origin}.`, 2);
  }
  return url.origin;
}
