import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { readUpload } from '../hub/upload.ts';
import { showList } from '../hub/list.ts';
import { asGroup, countUpTo, several, withExamples, withHub } from '../hub/options.ts';
import { at, numberAt, textAt, textsAt } from '../json.ts';
import { Refused } from '../refused.ts';
import { askSecret, confirm } from '../terminal/ask.ts';
import { readSecret } from '../terminal/secret.ts';
import { moment } from '../terminal/table.ts';
import type { Column } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

type Whose = { user?: string; tenant?: string; agent?: string };
type ListOptions = AdminOptions & Whose & { connection?: string; state?: string; limit: number };

const COLUMNS: readonly Column<unknown>[] = [
  ['CREDENTIAL', (one) => textAt(one, 'id')],
  ['CONNECTION', (one) => textAt(one, 'connection')],
  ['OWNER', (one) => ownerOf(one)],
  ['ACCOUNT', (one) => textAt(one, 'label')],
  ['KIND', (one) => textAt(one, 'kind')],
  ['SCOPES', (one) => textsAt(one, 'granted').join(' ')],
  ['STATE', (one) => [textAt(one, 'state'), textAt(one, 'failure')].filter((part) => part !== undefined).join(': ')],
  ['EXPIRES', (one) => moment(at(one, 'expiresAt'))],
];

export function registerCredential(program: Command, to: Terminal): void {
  const credential = asGroup(
    program.command('credential').description('credentials of the vault: what they are, never the secret'),
    'writ credential ls --user ann',
    'writ credential put search --tenant acme --value env:SEARCH_KEY',
  );
  registerList(credential, to);
  registerPut(credential, to);
  registerRemove(credential, to);
  registerRefresh(credential, to);
  registerImport(credential, to);
}

function ownerOf(one: unknown): string | undefined {
  const [user, tenant, agent] = ['user', 'tenant', 'agent'].map((name) => textAt(one, `owner.${name}`));
  if (agent !== undefined) return `agent ${agent}`;
  if (user === undefined) return tenant;
  return tenant === undefined ? user : `${user} in ${tenant}`;
}

function registerList(credential: Command, to: Terminal): void {
  const list = credential.command('ls').description('list credentials');
  list.option('--connection <id>', 'of this connection').option('--user <id>', 'of this user').option('--tenant <id>', 'in this tenant');
  list.option('--agent <id>', 'of this agent').option('--state <state>', 'active, failed, locked or revoked');
  list.option('--limit <n>', 'at most this many', countUpTo(100_000), 100);
  withExamples(withHub(list), 'writ credential ls --state failed').action((options: ListOptions) => {
    const { connection, user, tenant, agent, state, limit } = options;
    const query = { connection, user, tenant, agent, state };
    return showList(adminApi(options, to.env), to, {
      path: 'credentials',
      query,
      limit,
      columns: COLUMNS,
      json: options.json,
      none: 'No credentials.',
    });
  });
}

type PutOptions = AdminOptions &
  Whose & {
    account?: string;
    value?: string;
    username?: string;
    password?: string;
    accessToken?: string;
    refreshToken?: string;
    expires?: string;
    certificate?: string;
    privateKey?: string;
    reference?: string;
    scope?: string[];
  };

function registerPut(credential: Command, to: Terminal): void {
  const put = credential
    .command('put')
    .description('put a secret into the vault; it is never shown again')
    .argument('<connection>', 'connection id');
  put
    .option('--user <id>', 'of this user')
    .option('--tenant <id>', 'of this tenant, or of the user within it')
    .option('--agent <id>', 'of this agent');
  put
    .option('--account <label>', 'which of several accounts')
    .option('--scope <names>', 'scopes that the token has', several)
    .option('--expires <when>', 'when the token ends, as 2026-12-31T12:00:00Z');
  // Each is env:NAME, file:PATH, - for stdin, or the secret itself, which the whole machine can see.
  put
    .option('--value <secret>', 'API key: env:NAME, file:PATH, - for stdin (asked for in a terminal)')
    .option('--username <name>', 'basic: the name')
    .option('--password <secret>', 'basic: the password')
    .option('--access-token <secret>', 'OAuth: the access token')
    .option('--refresh-token <secret>', 'OAuth: the refresh token')
    .option('--certificate <secret>', 'certificate: PEM')
    .option('--private-key <secret>', 'certificate: its key, PEM')
    .option('--reference <url>', 'kept elsewhere and read at each use: env:NAME, file:/path, vault:path#field');
  withExamples(
    withHub(put),
    'writ credential put search --tenant acme --value env:SEARCH_KEY',
    'writ credential put github --user ann --access-token file:token.txt',
  ).action((connection: string, options: PutOptions) => runPut(connection, options, to));
}

async function runPut(connection: string, options: PutOptions, to: Terminal): Promise<void> {
  const { user, tenant, agent, account, scope, expires, username, reference } = options;
  if (user === undefined && tenant === undefined && agent === undefined)
    throw new Refused('Whose is it? Say --user, --tenant, or both, or --agent.', 2);
  const body = {
    connection,
    owner: { user, tenant, agent },
    label: account,
    scopes: scope,
    expiresAt: expires,
    username,
    reference,
    ...(await secretsOf(options, to)),
  };
  const stored = await adminApi(options, to.env).post('credentials', body);
  if (options.json === true) return printJson(to, stored);
  to.print(`credential ${textAt(stored, 'id') ?? '?'} of ${ownerOf(stored) ?? '?'} for ${connection}`);
}

const SECRETS = ['value', 'password', 'accessToken', 'refreshToken', 'privateKey'] as const;

async function secretsOf(options: PutOptions, to: Terminal): Promise<Record<string, unknown>> {
  const given = [...SECRETS, 'certificate'].filter((name) => Object.hasOwn(options, name));
  if (given.length === 0 && options.reference === undefined) {
    const asked = await askSecret(to, 'API key');
    if (asked === undefined || asked === '')
      throw new Refused('Which secret? Say --value, --password, --access-token, --certificate or --reference.', 2);
    return { value: { value: asked } };
  }
  const read: Record<string, unknown> = {};
  for (const name of SECRETS) {
    const secret = options[name];
    if (secret !== undefined) read[name] = { value: await readSecret(secret, to) };
  }
  if (options.certificate !== undefined) read['certificate'] = await readSecret(options.certificate, to);
  return read;
}

function registerRemove(credential: Command, to: Terminal): void {
  const remove = credential
    .command('rm')
    .description('remove a credential: unreadable at once, and taken back at the service where it knows how')
    .argument('<id>', 'credential id')
    .option('-y, --yes', 'do not ask');
  withExamples(withHub(remove), 'writ credential rm crd_01J9Z').action(async (id: string, options: AdminOptions & { yes?: boolean }) => {
    const api = adminApi(options, to.env);
    if (options.yes !== true) await confirm(to, `Remove credential ${id}? This cannot be undone.`);
    const removed = await api.remove(`credentials/${encodeURIComponent(id)}`, { tell: true });
    const upstream = textAt(removed, 'upstream') ?? 'later';
    if (options.json === true) return printJson(to, { id, removed: true, upstream });
    to.print(`credential ${id} is removed.`);
    to.note(UPSTREAM[upstream] ?? '');
  });
}

/** Whoever believes that access is gone at the service, too, does not look there. */
const UPSTREAM: Readonly<Record<string, string>> = {
  told: 'Its service has taken the access back.',
  later: 'Its service could not be told yet; the hub tries again for a while (writ audit search --type credential.removed).',
  unsupported: 'Its service cannot be told: take the access back there, too.',
  nothing: 'The key or password itself still works: take it back at the service, too.',
};

function registerRefresh(credential: Command, to: Terminal): void {
  const refresh = credential.command('refresh').description('renew a token at its provider now').argument('<id>', 'credential id');
  withExamples(withHub(refresh), 'writ credential refresh crd_01J9Z').action(async (id: string, options: AdminOptions) => {
    const done = await adminApi(options, to.env).post(`credentials/${encodeURIComponent(id)}/refresh`);
    if (options.json === true) printJson(to, done);
    const [result, reason = ''] = [textAt(done, 'result'), textAt(done, 'reason')];
    if (result !== 'fresh') throw new Refused(`Not renewed: ${reason}.${result === 'reauth' ? ' Its owner has to connect again.' : ''}`);
    if (options.json !== true)
      to.print(`credential ${id} ${at(done, 'renewed') === true ? 'is renewed' : (NOT_RENEWED[reason] ?? reason)}.`);
  });
}

const NOT_RENEWED: Readonly<Record<string, string>> = {
  nothing_to_renew: 'is a key or a password, and there is nothing to renew',
  no_refresh_token: 'has no refresh token, so only connecting again renews it',
  renewed_just_now: 'was renewed a moment ago',
};

type ImportOptions = AdminOptions & { dryRun?: boolean; verifyRefresh?: boolean; replace?: boolean };

function registerImport(credential: Command, to: Terminal): void {
  const upload = credential
    .command('import')
    .description('move existing tokens and keys here, all or none')
    .argument('<file>', 'JSON, YAML or JSON lines; - for stdin');
  upload
    .option('--dry-run', 'say what would happen')
    .option('--verify-refresh', 'refresh each token at its provider first; store nothing when one is refused')
    .option('--replace', 'put over credentials that are there already');
  withExamples(
    withHub(upload),
    'writ credential import tokens.json --dry-run',
    'writ credential import tokens.json --verify-refresh',
  ).action(async (file: string, options: ImportOptions) => {
    const { dryRun = false, verifyRefresh = false, replace = false } = options;
    const credentials = await readUpload(file);
    const done = await adminApi(options, to.env).post('credentials/import', { credentials, dryRun, verifyRefresh, replace });
    if (options.json === true) return printJson(to, done);
    const count = (name: string): number => numberAt(done, name) ?? 0;
    const verified = verifyRefresh && !dryRun ? `, ${count('verified')} verified at their providers` : '';
    to.print(`${count('created')} created, ${count('changed')} changed, ${count('unchanged')} unchanged${verified}.`);
    if (dryRun) to.note('Nothing was stored.');
  });
}
