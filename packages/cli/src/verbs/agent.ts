import type { Command } from 'commander';
import { agentLines, lastUse, named, principalOf, stateOf } from '../agent/lines.ts';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { containAll } from '../hub/contain.ts';
import { showList } from '../hub/list.ts';
import { asGroup, countUpTo, spanOf, withExamples, withHub } from '../hub/options.ts';
import { numberAt, textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import type { Column } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { registerAgentDrifts } from './agent-drift.ts';

type ListOptions = AdminOptions & {
  client?: string;
  user?: string;
  tenant?: string;
  owner?: string;
  state?: string;
  reason?: string;
  risk?: string;
  dormant?: boolean;
  verified?: boolean;
  unverified?: boolean;
  neverUsed?: boolean;
  drift?: boolean;
  search?: string;
  sort?: string;
  limit: number;
};

const COLUMNS: readonly Column<unknown>[] = [
  ['AGENT', (one) => textAt(one, 'id')],
  ['CLIENT', (one) => named(textAt(one, 'client'), textAt(one, 'clientName'))],
  ['ACTS FOR', (one) => principalOf(one)],
  ['TENANT', (one) => textAt(one, 'tenant')],
  ['OWNER', (one) => named(textAt(one, 'owner.id'), textAt(one, 'owner.name'))],
  ['STATE', (one) => stateOf(one)],
  ['RISK', (one) => textAt(one, 'risk')],
  ['CALLS', (one) => String(numberAt(one, 'calls') ?? 0)],
  ['DENIALS', (one) => String(numberAt(one, 'denials') ?? 0)],
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
  registerOwner(agent, to);
  for (const deed of ['freeze', 'unfreeze', 'revoke'] as const) registerContain(agent, deed, to);
  registerAgentDrifts(agent, to);
}

function registerList(agent: Command, to: Terminal): void {
  const list = agent.command('ls').description('list agents');
  list.option('--client <id>', 'of this client').option('--user <id>', 'that act for this user').option('--tenant <id>', 'in this tenant');
  list.option('--owner <user>', 'that this user answers for; "none": nobody does');
  list.option('--state <state>', 'active, frozen or revoked').option('--reason <text>', 'stopped for this reason, such as owner_left');
  list.option('--risk <risk>', 'low, elevated or high: the highest of what they may do').option('--dormant', 'not used for long');
  list.option('--never-used', 'that have got nothing yet').option('--verified', 'of verified clients').option('--unverified', 'of others');
  list.option('--drift', 'of clients that changed').option('-q, --search <words>', 'whose client or person is called so');
  list.option('--sort <order>', 'created, last_used, calls or denials; with - before it, the greatest first');
  list.option('--limit <n>', 'at most this many', countUpTo(100_000), 100);
  withExamples(withHub(list), 'writ agent ls --user ann --state active', 'writ agent ls --dormant --risk high --sort=-calls').action(
    (options: ListOptions) =>
      showList(adminApi(options, to.env), to, {
        path: 'agents',
        query: queryOf(options),
        limit: options.limit,
        columns: COLUMNS,
        json: options.json,
        none: 'No agents.',
      }),
  );
}

function queryOf({ verified, unverified, dormant, drift, neverUsed, search, ...by }: ListOptions): Record<string, string | undefined> {
  const { client, user, tenant, owner, state, reason, risk, sort } = by;
  return {
    client,
    user,
    tenant,
    owner,
    state,
    reason,
    risk,
    sort,
    dormant: dormant === true ? 'true' : undefined,
    drift: drift === true ? 'true' : undefined,
    used: neverUsed === true ? 'never' : undefined,
    verified: verified === true ? 'true' : unverified === true ? 'false' : undefined,
    q: search,
  };
}

function registerShow(agent: Command, to: Terminal): void {
  const show = agent.command('show').description('show one agent: what it may do, and what it did').argument('<id>', 'agent id');
  withExamples(withHub(show), 'writ agent show agt_01J9Z').action(async (id: string, options: AdminOptions) => {
    const found = await adminApi(options, to.env).find(`agents/${encodeURIComponent(id)}`);
    if (found === undefined) throw new Refused(`There is no agent ${id}.`);
    if (options.json === true) return printJson(to, found);
    for (const line of agentLines(to, found)) to.print(line);
  });
}

function registerOwner(agent: Command, to: Terminal): void {
  const owner = agent
    .command('owner')
    .description('say who answers for an agent')
    .argument('<id>', 'agent id')
    .argument('<user>', 'user id; "none": nobody');
  withExamples(withHub(owner), 'writ agent owner agt_01J9Z ann').action(async (id: string, user: string, options: AdminOptions) => {
    const body = { owner: user === 'none' ? null : user };
    const answer = await adminApi(options, to.env).put(`agents/${encodeURIComponent(id)}/owner`, body);
    if (options.json === true) return printJson(to, answer);
    const name = named(textAt(answer, 'owner.id'), textAt(answer, 'owner.name'));
    to.print(name === undefined ? `Nobody answers for agent ${id} now.` : `${name} answers for agent ${id}.`);
    if (textAt(answer, 'stateReason') === 'owner_left' && textAt(answer, 'state') === 'frozen')
      to.note(`It is frozen still: writ agent unfreeze ${id}`);
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
    .argument('<ids...>', 'agent id, or several')
    .option('--reason <text>', 'why, for the audit trail');
  if (deed === 'freeze') command.option('--for <span>', 'end it by itself after this long: 30m, 12h, 7d', spanOf);
  if (deed === 'revoke') command.option('-y, --yes', 'do not ask');
  withExamples(withHub(command), `writ agent ${deed} agt_01J9Z --reason "ticket 4711"`).action(
    (ids: string[], options: AdminOptions & { reason?: string; for?: number; yes?: boolean }) => {
      const until = options.for === undefined ? undefined : Date.now() + options.for;
      return containAll(adminApi(options, to.env), to, { plural: 'agents', noun: 'agent', ids, deed, ...options, until });
    },
  );
}
