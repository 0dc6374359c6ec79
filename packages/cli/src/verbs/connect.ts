import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { several, withExamples, withHub } from '../hub/options.ts';
import { numberAt, textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import { moment } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

type Options = AdminOptions & {
  user?: string;
  tenant?: string;
  agent?: string;
  person?: string;
  account?: string;
  scope?: string[];
  returnTo?: string;
};

/** Makes the link by which one person connects one account. The link goes to stdout alone, so that it can be piped into a message. */
export function registerConnect(program: Command, to: Terminal): void {
  const connect = program
    .command('connect')
    .description('make a link by which one person connects one account')
    .argument('<connection>', 'connection id');
  connect
    .option('--user <id>', 'whose account: nobody else can open the link')
    .option('--tenant <id>', 'with --user: theirs within this tenant; alone: the tenant’s own')
    .option('--agent <id>', 'an account of the agent itself; say with --person who connects it')
    .option('--person <id>', 'who alone may open the link, where no user owns the account');
  connect
    .option('--account <label>', 'which of several accounts')
    .option('--scope <names>', 'ask for these (default: all that the connection knows)', several)
    .option('--return-to <url>', 'shown as a link when all is done');
  withExamples(
    withHub(connect),
    'writ connect github --user ann',
    'writ connect calendar --tenant acme --scope calendar.readonly',
    'writ connect github --user ann --account work',
  ).action(async (connection: string, options: Options) => {
    const { user, tenant, agent, person, account, scope, returnTo } = options;
    if (user === undefined && tenant === undefined && agent === undefined)
      throw new Refused('Whose account? Say --user, --tenant, or both, or --agent.', 2);
    const body = { user, tenant, agent, person, label: account, scopes: scope, returnTo };
    const made = await adminApi(options, to.env).post(`connections/${encodeURIComponent(connection)}/connect`, body);
    if (options.json === true) return printJson(to, made);
    const url = textAt(made, 'connect_url');
    // A connection with an account of its own needs nobody.
    if (url === undefined) return to.print(`credential ${textAt(made, 'id') ?? '?'} has its token: ${connection} needs no person.`);
    to.print(url);
    to.note(
      `For ${user ?? person ?? `whoever manages the connections of ${tenant ?? '?'}`} alone, once, until ${moment(numberAt(made, 'expires_at')) ?? '?'}.`,
    );
    to.note(`An OAuth provider has to know this redirect URI: ${textAt(made, 'redirect_uri') ?? '?'}`);
  });
}
