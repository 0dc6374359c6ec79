import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { containOne } from '../hub/contain.ts';
import { showList } from '../hub/list.ts';
import { asGroup, countUpTo, several, withExamples, withHub } from '../hub/options.ts';
import { at, textAt, textsAt } from '../json.ts';
import { moment } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
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
  ['UNTIL', (one) => moment(at(one, 'expiresAt'))],
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
  registerNarrow(grant, to);
  registerEnd(grant, to);
}

function registerNarrow(grant: Command, to: Terminal): void {
  const narrow = grant
    .command('narrow')
    .description('take scopes from a grant; the tokens of it die within seconds')
    .argument('<id>', 'grant id');
  narrow.requiredOption('--remove <scopes>', 'these scopes', several).option('--reason <text>', 'why, for the audit trail');
  withExamples(withHub(narrow), 'writ grant narrow grt_01J9Z --remove tickets:write --reason "not used"').action(
    async (id: string, options: AdminOptions & { remove: string[]; reason?: string }) => {
      const { remove, reason, json } = options;
      const answer = await adminApi(options, to.env).post(`grants/${encodeURIComponent(id)}/narrow`, {
        remove,
        ...(reason === undefined ? {} : { reason }),
      });
      if (json === true) return printJson(to, answer);
      const removed = textsAt(answer, 'removed');
      to.print(
        removed.length === 0
          ? `grant ${id} holds none of them.`
          : `grant ${id} holds ${removed.join(', ')} no more. Back: writ grant undo ${id}`,
      );
    },
  );
  const undo = grant.command('undo').description('give back what the last narrowing took, within thirty days').argument('<id>', 'grant id');
  withExamples(withHub(undo), 'writ grant undo grt_01J9Z').action(async (id: string, options: AdminOptions) => {
    const answer = await adminApi(options, to.env).post(`grants/${encodeURIComponent(id)}/undo`, {});
    if (options.json === true) printJson(to, answer);
    else to.print(`grant ${id} holds ${textsAt(answer, 'grant.scopes').join(', ')}.`);
  });
}

function registerEnd(grant: Command, to: Terminal): void {
  const end = grant.command('end').description('say until when a grant is good').argument('<id>', 'grant id');
  end.requiredOption('--at <time>', 'RFC 3339, or never', endTime).option('--reason <text>', 'why, for the audit trail');
  withExamples(withHub(end), 'writ grant end grt_01J9Z --at 2027-01-31T00:00:00Z').action(
    async (id: string, options: AdminOptions & { at: number | null; reason?: string }) => {
      const { at: expiresAt, reason, json } = options;
      const answer = await adminApi(options, to.env).post(`grants/${encodeURIComponent(id)}/end`, {
        expiresAt,
        ...(reason === undefined ? {} : { reason }),
      });
      if (json === true) printJson(to, answer);
      else to.print(`grant ${id} is good ${expiresAt === null ? 'without an end' : `until ${moment(expiresAt) ?? ''}`}.`);
    },
  );
}

function endTime(text: string): number | null {
  if (text === 'never') return null;
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError('A time like 2027-01-31T00:00:00Z, or never.');
  return time;
}
