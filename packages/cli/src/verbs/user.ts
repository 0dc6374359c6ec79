import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { asGroup, several, withExamples, withHub } from '../hub/options.ts';
import { textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import { askSecret } from '../terminal/ask.ts';
import { readSecret } from '../terminal/secret.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

type Membership = { tenant?: string; role?: string[] };
type CreateOptions = AdminOptions & Membership & { email: string; name?: string; password?: string };

export function registerUser(program: Command, to: Terminal): void {
  const user = asGroup(program.command('user').description('users: people who log in'), 'writ user invite bob@acme.test');
  registerCreate(user, to);
  registerInvite(user, to);
  registerConsole(user, to);
}

function registerCreate(user: Command, to: Terminal): void {
  const create = user
    .command('create')
    .description('create a user')
    .argument('<id>', 'user id of your choice')
    .requiredOption('--email <address>', 'e-mail address');
  create
    .option('--name <name>', 'for people')
    .option('--tenant <id>', 'member of this tenant')
    .option('--role <names>', 'with these roles there', several);
  create.option(
    '--password <secret>',
    'env:NAME, file:PATH, - for stdin, or the password itself (asked for in a terminal; without one the user logs in by e-mail code)',
  );
  withExamples(withHub(create), 'writ user create ann --email ann@acme.test --tenant acme --role SRE').action(
    (id: string, options: CreateOptions) => runCreate(id, options, to),
  );
}

async function runCreate(id: string, options: CreateOptions, to: Terminal): Promise<void> {
  const api = adminApi(options, to.env);
  if ((await api.find(`users/${encodeURIComponent(id)}`)) !== undefined)
    throw new Refused(`There is a user ${id} already. It was left as it is.`);
  const password =
    options.password === undefined
      ? await askSecret(to, `Password for ${id} (empty: login by e-mail code)`)
      : await readSecret(options.password, to);
  const made = await api.put(`users/${encodeURIComponent(id)}`, {
    id,
    email: options.email,
    name: options.name,
    tenants: membershipOf(options),
    ...(password === undefined || password === '' ? {} : { password: { value: password } }),
  });
  if (options.json === true) return printJson(to, made);
  to.print(`user ${id} (${options.email})`);
}

function registerInvite(user: Command, to: Terminal): void {
  const invite = user
    .command('invite')
    .description('invite somebody: prints the link by which they choose a password')
    .argument('<email>', 'e-mail address');
  invite.option('--tenant <id>', 'member of this tenant').option('--role <names>', 'with these roles there', several);
  withExamples(withHub(invite), 'writ user invite bob@acme.test --tenant acme --role viewer').action(
    async (email: string, options: AdminOptions & Membership) => {
      const answer = await adminApi(options, to.env).post('users/invite', { email, tenant: options.tenant, roles: options.role });
      if (options.json === true) return printJson(to, answer);
      to.print(textAt(answer, 'link') ?? `Invited ${email}.`);
    },
  );
}

function registerConsole(user: Command, to: Terminal): void {
  const open = user
    .command('console')
    .description('print a link that opens the console for a user, once, within ten minutes')
    .argument('<id>', 'user id');
  withExamples(withHub(open), 'writ user console ann').action(async (id: string, options: AdminOptions) => {
    const answer = await adminApi(options, to.env).post(`users/${encodeURIComponent(id)}/console-link`);
    if (options.json === true) return printJson(to, answer);
    to.print(textAt(answer, 'link') ?? '');
  });
}

function membershipOf({ tenant, role }: Membership): { id: string; roles: string[] }[] | undefined {
  if (tenant === undefined && role !== undefined) throw new Refused('Roles are held in a tenant: name it with --tenant.', 2);
  return tenant === undefined ? undefined : [{ id: tenant, roles: role ?? [] }];
}
