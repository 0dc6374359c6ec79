import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { containOne } from '../hub/contain.ts';
import { showList } from '../hub/list.ts';
import { withNames } from '../hub/names.ts';
import { asGroup, countUpTo, withExamples, withHub } from '../hub/options.ts';
import { at, textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import { facts, moment } from '../terminal/table.ts';
import type { Column } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

type ListOptions = AdminOptions & { client?: string; user?: string; tenant?: string; state?: string; limit: number };

const COLUMNS: readonly Column<unknown>[] = [
  ['AGENT', (one) => textAt(one, 'id')],
  ['CLIENT', (one) => textAt(one, 'client')],
  ['NAME', (one) => textAt(one, 'clientName')],
  ['ACTS FOR', (one) => principalOf(one)],
  ['TENANT', (one) => textAt(one, 'tenant')],
  ['STATE', (one) => textAt(one, 'state')],
  ['LAST USED', (one) => lastUse(one)],
];

export function registerAgent(program: Command, to: Terminal): void {
  const agent = asGroup(
    program.command('agent').description('agents: one per client and whom it acts for'),
    'writ agent ls',
    'writ agent freeze agt_01J9Z',
  );
  registerList(agent, to);
  registerShow(agent, to);
  for (const deed of ['freeze', 'unfreeze', 'revoke'] as const) registerContain(agent, deed, to);
}

function registerList(agent: Command, to: Terminal): void {
  const list = agent.command('ls').description('list agents');
  list.option('--client <id>', 'of this client').option('--user <id>', 'that act for this user').option('--tenant <id>', 'in this tenant');
  list.option('--state <state>', 'active, frozen or revoked').option('--limit <n>', 'at most this many', countUpTo(100_000), 100);
  withExamples(withHub(list), 'writ agent ls --user ann --state active').action((options: ListOptions) => {
    const { client, user, tenant, state, limit } = options;
    return showList(adminApi(options, to.env), to, {
      path: 'agents',
      query: { client, user, tenant, state },
      limit,
      look: withNames,
      columns: COLUMNS,
      json: options.json,
      none: 'No agents.',
    });
  });
}

function registerShow(agent: Command, to: Terminal): void {
  const show = agent.command('show').description('show one agent').argument('<id>', 'agent id');
  withExamples(withHub(show), 'writ agent show agt_01J9Z').action(async (id: string, options: AdminOptions) => {
    const api = adminApi(options, to.env);
    const agent = await api.find(`agents/${encodeURIComponent(id)}`);
    if (agent === undefined) throw new Refused(`There is no agent ${id}.`);
    if (options.json === true) return printJson(to, agent);
    const [found] = await withNames(api, [agent]);
    const lines = facts(to, [
      ['agent', textAt(found, 'id')],
      ['client', named(textAt(found, 'client'), textAt(found, 'clientName'))],
      ['acts for', principalOf(found)],
      ['tenant', textAt(found, 'tenant')],
      ['state', textAt(found, 'state')],
      ['made', moment(at(found, 'createdAt'))],
      ['last used', lastUse(found)],
    ]);
    for (const line of lines) to.print(line);
  });
}

const WORDS = {
  freeze: 'stop an agent until it is unfrozen; its live tokens die within seconds',
  unfreeze: 'let a frozen agent work again',
  revoke: 'stop an agent for good',
} as const;

function registerContain(agent: Command, deed: keyof typeof WORDS, to: Terminal): void {
  const command = agent
    .command(deed)
    .description(WORDS[deed])
    .argument('<id>', 'agent id')
    .option('--reason <text>', 'why, for the audit trail');
  if (deed === 'revoke') command.option('-y, --yes', 'do not ask');
  withExamples(withHub(command), `writ agent ${deed} agt_01J9Z --reason "ticket 4711"`).action(
    (id: string, options: AdminOptions & { reason?: string; yes?: boolean }) =>
      containOne(adminApi(options, to.env), to, { plural: 'agents', noun: 'agent', id, deed, ...options }),
  );
}

/** `ann (Ann Archer)`: the id is what other verbs take. */
function named(id: string | undefined, name: string | undefined): string | undefined {
  return name === undefined || name === id ? id : `${id ?? '?'} (${name})`;
}

/** `user ann (Ann Archer)`: whom it acts for. */
function principalOf(agent: unknown): string | undefined {
  const kind = textAt(agent, 'principal.kind');
  if (kind === undefined || kind === 'client') return kind && 'itself';
  return `${kind} ${named(textAt(agent, 'principal.id'), textAt(agent, 'principalName')) ?? '?'}`;
}

function lastUse(agent: unknown): string {
  return moment(at(agent, 'lastUsedAt')) ?? 'never';
}
