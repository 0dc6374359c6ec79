import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { showList } from '../hub/list.ts';
import { asGroup, countUpTo, withExamples, withHub } from '../hub/options.ts';
import { at, listAt, numberAt, textAt, textsAt } from '../json.ts';
import { printJson } from '../terminal/terminal.ts';
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
  ['APPROVAL', (one) => textAt(one, 'id')],
  ['STATE', (one) => textAt(one, 'state')],
  ['CLIENT', (one) => textAt(one, 'client')],
  ['FOR', (one) => textAt(one, 'user') ?? textAt(one, 'tenant') ?? 'itself'],
  ['RESOURCE', (one) => textAt(one, 'resource')],
  ['SCOPES', (one) => textsAt(one, 'scopes').join(' ')],
  ['GIVEN', (one) => progressOf(one)],
  ['UNTIL', (one) => moment(at(one, 'expiresAt'))],
];

export function registerApproval(program: Command, to: Terminal): void {
  const approval = asGroup(
    program.command('approval').description('approvals: decisions that agents asked of people'),
    'writ approval ls',
    'writ approval refuse apr_01J9Z --reason "no such supplier"',
  );
  registerList(approval, to);
  registerDecision(approval, 'give', 'approve it, as the user behind the token; the rule says who may', to);
  registerDecision(approval, 'refuse', 'refuse it for good', to);
}

function registerList(approval: Command, to: Terminal): void {
  const list = approval.command('ls').description('list approvals');
  list.option('--state <state>', 'pending, given, refused, expired or used').option('--tenant <id>', 'in this tenant');
  list.option('--client <id>', 'asked by this client').option('--agent <id>', 'by this agent').option('--user <id>', 'for this user');
  list.option('--resource <id>', 'for this resource').option('--limit <n>', 'at most this many', countUpTo(100_000), 100);
  withExamples(withHub(list), 'writ approval ls --state pending').action((options: ListOptions) => {
    const { state, tenant, client, agent, user, resource, limit } = options;
    return showList(adminApi(options, to.env), to, {
      path: 'approvals',
      query: { state, tenant, client, agent, user, resource },
      limit,
      columns: COLUMNS,
      json: options.json,
      none: 'No approvals.',
    });
  });
}

function registerDecision(approval: Command, deed: 'give' | 'refuse', words: string, to: Terminal): void {
  const command = approval.command(deed).description(words).argument('<id>', 'approval id');
  command.option('--reason <text>', 'why, for the audit trail');
  withExamples(withHub(command), `writ approval ${deed} apr_01J9Z --reason "invoice 17"`).action(
    async (id: string, options: AdminOptions & { reason?: string }) => {
      const { reason } = options;
      const body = reason === undefined ? {} : { reason };
      const answer = await adminApi(options, to.env).post(`approvals/${encodeURIComponent(id)}/${deed}`, body);
      if (options.json === true) return printJson(to, answer);
      to.print(`approval ${id} is ${textAt(answer, 'state') ?? 'decided'} (${progressOf(answer)}).`);
    },
  );
}

/** `1 of 2`: for each rule, how many have said yes. */
function progressOf(approval: unknown): string {
  return listAt(approval, 'needs')
    .map((need) => `${numberAt(need, 'given') ?? 0} of ${numberAt(need, 'count') ?? 0}`)
    .join(', ');
}
