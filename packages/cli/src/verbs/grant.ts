import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { containOne } from '../hub/contain.ts';
import { showList } from '../hub/list.ts';
import { asGroup, countUpTo, withExamples, withHub } from '../hub/options.ts';
import { at, textAt, textsAt } from '../json.ts';
import { moment } from '../terminal/table.ts';
import type { Column } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

type ListOptions = AdminOptions & {
  client?: string;
  user?: string;
  agent?: string;
  tenant?: string;
  resource?: string;
  state?: string;
  limit: number;
};

const COLUMNS: readonly Column<unknown>[] = [
  ['GRANT', (one) => textAt(one, 'id')],
  ['USER', (one) => textAt(one, 'user')],
  ['CLIENT', (one) => textAt(one, 'client')],
  ['RESOURCE', (one) => textAt(one, 'resource')],
  ['SCOPES', (one) => textsAt(one, 'scopes').join(' ')],
  ['STATE', (one) => textAt(one, 'state')],
  ['APPROVED', (one) => moment(at(one, 'updatedAt'))],
];

export function registerGrant(program: Command, to: Terminal): void {
  const grant = asGroup(program.command('grant').description('grants: what users allowed which clients'), 'writ grant ls --user ann');
  const list = grant.command('ls').description('list grants');
  list.option('--user <id>', 'of this user').option('--client <id>', 'to this client').option('--agent <id>', 'held by this agent');
  list
    .option('--tenant <id>', 'in this tenant')
    .option('--resource <id>', 'for this resource')
    .option('--state <state>', 'active, frozen or revoked');
  list.option('--limit <n>', 'at most this many', countUpTo(100_000), 100);
  withExamples(withHub(list), 'writ grant ls --user ann').action((options: ListOptions) => {
    const { user, client, agent, tenant, resource, state, limit } = options;
    const query = { user, client, agent, tenant, resource, state };
    return showList(adminApi(options, to.env), to, {
      path: 'grants',
      query,
      limit,
      columns: COLUMNS,
      json: options.json,
      none: 'No grants.',
    });
  });

  const revoke = grant
    .command('revoke')
    .description('take back what a user allowed; the tokens of it die within seconds')
    .argument('<id>', 'grant id');
  revoke.option('--reason <text>', 'why, for the audit trail').option('-y, --yes', 'do not ask');
  withExamples(withHub(revoke), 'writ grant revoke gnt_01J9Z --reason "left the company"').action(
    (id: string, options: AdminOptions & { reason?: string; yes?: boolean }) =>
      containOne(adminApi(options, to.env), to, { plural: 'grants', noun: 'grant', id, deed: 'revoke', ...options }),
  );
}
