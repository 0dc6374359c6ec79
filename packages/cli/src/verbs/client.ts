import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminApi, AdminOptions } from '../hub/api.ts';
import { showList } from '../hub/list.ts';
import { asGroup, countUpTo, several, withExamples, withHub } from '../hub/options.ts';
import { listAt, numberAt, textAt, textsAt } from '../json.ts';
import { Refused } from '../refused.ts';
import type { Column } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

type ListOptions = AdminOptions & { state?: string; registration?: string; limit: number };
type CreateOptions = AdminOptions & {
  name?: string;
  kind?: string;
  public?: boolean;
  grant?: string[];
  redirectUri?: string[];
  scope?: string[];
  tag?: string[];
  tenant?: string[];
  owner?: string;
};

const COLUMNS: readonly Column<unknown>[] = [
  ['CLIENT', (one) => textAt(one, 'id')],
  ['NAME', (one) => nameOf(one)],
  ['REGISTERED', (one) => textAt(one, 'registrationType')],
  ['STATUS', (one) => textAt(one, 'status')],
  ['STATE', (one) => textAt(one, 'state')],
  ['GRANTS', (one) => textsAt(one, 'grants').join(' ')],
];

export function registerClient(program: Command, to: Terminal): void {
  const client = asGroup(
    program.command('client').description('clients: OAuth registrations'),
    'writ client ls',
    'writ client create worker --kind service',
  );
  registerList(client, to);
  registerCreate(client, to);
  registerRotate(client, to);
}

function registerList(client: Command, to: Terminal): void {
  const list = client.command('ls').description('list clients');
  list
    .option('--state <state>', 'active, frozen or revoked')
    .option('--registration <type>', 'manual, dcr or cimd')
    .option('--limit <n>', 'at most this many', countUpTo(100_000), 100);
  withExamples(withHub(list), 'writ client ls --registration dcr').action((options: ListOptions) => {
    const { state, registration, limit } = options;
    const query = { state, registrationType: registration };
    return showList(adminApi(options, to.env), to, {
      path: 'clients',
      query,
      limit,
      columns: COLUMNS,
      json: options.json,
      none: 'No clients.',
    });
  });
}

function registerCreate(client: Command, to: Terminal): void {
  const create = client
    .command('create')
    .description('register a client; a confidential one gets a secret, shown this once')
    .argument('<id>', 'client id of your choice');
  create.option('--name <name>', 'for people (default: the id)').option('--kind <kind>', 'app, cli, service or agent', 'app');
  create
    .option('--public', 'cannot keep a secret: a program on the user’s machine')
    .option('--grant <names>', 'grants it may use (default: what its kind needs)', several);
  create
    .option('--redirect-uri <uri>', 'may stand several times', several)
    .option('--scope <names>', 'the most it may ever ask for', several);
  create
    .option('--tag <names>', 'for policies', several)
    .option('--tenant <ids>', 'tenants it may act in', several)
    .option('--owner <user>', 'user id of whoever answers for it');
  withExamples(
    withHub(create),
    'writ client create worker --kind service --tenant acme',
    'writ client create cli --kind cli --public --redirect-uri http://127.0.0.1/callback',
  ).action((id: string, options: CreateOptions) => runCreate(id, options, to));
}

async function runCreate(id: string, options: CreateOptions, to: Terminal): Promise<void> {
  const api = adminApi(options, to.env);
  if ((await api.find(`clients/${encodeURIComponent(id)}`)) !== undefined)
    throw new Refused(`There is a client ${id} already. It was left as it is.`);
  const { name = id, kind, grant, redirectUri, scope, tag, tenant, owner } = options;
  const isPublic = options.public === true;
  const config = {
    id,
    name,
    kind,
    public: isPublic,
    grants: grant,
    redirectUris: redirectUri,
    scopes: scope,
    tags: tag,
    tenants: tenant,
    owner,
  };
  const made = await api.put(`clients/${encodeURIComponent(id)}`, config);
  const secret = isPublic ? undefined : await newSecret(api, id);
  if (options.json === true) return printJson(to, { client: made, ...(secret === undefined ? {} : { secret }) });
  to.print(`client ${id}`);
  if (secret !== undefined) to.print(`secret ${secret}`);
  if (secret !== undefined) to.note('The secret is shown this once; the hub keeps only its digest.');
}

async function newSecret(api: AdminApi, id: string, name?: string): Promise<string> {
  return secretIn(await api.post(`clients/${encodeURIComponent(id)}/secrets`, { name }), id);
}

function secretIn(answer: unknown, id: string): string {
  const secret = textAt(answer, 'secret');
  if (secret === undefined) throw new Refused(`The hub answered without a secret for ${id}.`);
  return secret;
}

type RotateOptions = AdminOptions & { overlap: number; secret?: string };
const LONGEST_OVERLAP = 2_592_000;

function registerRotate(client: Command, to: Terminal): void {
  const rotate = client.command('rotate-secret').description('give a client a new secret, shown this once').argument('<id>', 'client id');
  rotate.option(
    '--overlap <seconds>',
    'how long the old one stays good, so that nobody stands outside in between',
    countUpTo(LONGEST_OVERLAP),
    3_600,
  );
  rotate.option('--secret <id>', 'which one to replace, where it has several');
  withExamples(withHub(rotate), 'writ client rotate-secret worker', 'writ client rotate-secret worker --overlap 86400').action(
    async (id: string, options: RotateOptions) => {
      const api = adminApi(options, to.env);
      const old = await secretToReplace(api, id, options.secret);
      const path = `clients/${encodeURIComponent(id)}/secrets/${encodeURIComponent(old ?? '')}/rotate`;
      const secret = old === undefined ? await newSecret(api, id) : secretIn(await api.post(path, { overlap: options.overlap }), id);
      if (options.json === true) return printJson(to, { id, secret });
      to.print(secret);
      to.note(
        `The secret is shown this once; the hub keeps only its digest.${old === undefined ? '' : ` The old one is good for ${options.overlap} s more.`}`,
      );
    },
  );
}

/** The one secret that opens something; undefined where there is none. Among several the person chooses. */
async function secretToReplace(api: AdminApi, id: string, chosen: string | undefined): Promise<string | undefined> {
  if (chosen !== undefined) return chosen;
  const found = await api.find(`clients/${encodeURIComponent(id)}`);
  if (found === undefined) throw new Refused(`There is no client ${id}.`);
  const usable = listAt(found, 'secrets').filter(
    (one) => textAt(one, 'state') === 'active' && (numberAt(one, 'expiresAt') ?? Infinity) > Date.now(),
  );
  const lasting = usable.filter((one) => numberAt(one, 'expiresAt') === undefined);
  const [only] = lasting.length === 1 ? lasting : usable;
  if (usable.length > 1 && lasting.length !== 1) {
    const names = usable.map((one) => `${textAt(one, 'id') ?? '?'} (${textAt(one, 'name') ?? '?'})`);
    throw new Refused(`${id} has several secrets: ${names.join(', ')}. Name one with --secret.`);
  }
  return textAt(only, 'id');
}

/** Registrations of one program stand on one row with their count. */
function nameOf(client: unknown): string | undefined {
  const count = numberAt(client, 'registrations') ?? 1;
  const name = textAt(client, 'name');
  return count > 1 ? `${name ?? '?'} (${count} registrations)` : name;
}
