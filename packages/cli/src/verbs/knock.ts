import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { showList } from '../hub/list.ts';
import { asGroup, countUpTo, withExamples, withHub } from '../hub/options.ts';
import { at, numberAt, textAt, textsAt } from '../json.ts';
import { moment } from '../terminal/table.ts';
import type { Column } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

type ListOptions = AdminOptions & { kind?: string; name?: string; dismissed?: boolean; registered?: boolean; limit: number };

const COLUMNS: readonly Column<unknown>[] = [
  ['KNOCK', (one) => textAt(one, 'id')],
  ['KIND', (one) => textAt(one, 'kind')],
  ['NAME', (one) => textAt(one, 'name')],
  ['TIMES', (one) => String(numberAt(one, 'count') ?? '')],
  ['ASKED FOR', (one) => textsAt(one, 'asked').join(' ')],
  ['FROM', (one) => textsAt(one, 'addresses').join(' ')],
  ['SEEN', (one) => moment(at(one, 'seenAt'))],
  ['WHY NOT', (one) => (at(one, 'registered') === true ? 'registered since' : textAt(one, 'reason'))],
];

/** Who came and is not registered. */
export function registerKnock(program: Command, to: Terminal): void {
  const knock = asGroup(program.command('knock').description('knocks: clients that came and are not known here'), 'writ knock ls');
  const list = knock.command('ls').description('list who came and was not known, heard last first');
  list.option('--kind <kind>', 'document, registration, client or many').option('--name <text>', 'whose name has this in it');
  list.option('--dismissed', 'those that were dismissed').option('--registered', 'those that are registered since');
  list.option('--limit <n>', 'at most this many', countUpTo(100_000), 100);
  withExamples(withHub(list), 'writ knock ls', 'writ knock ls --kind document --json').action((options: ListOptions) => {
    const { kind, name, dismissed, registered, limit } = options;
    return showList(adminApi(options, to.env), to, {
      path: 'knocks',
      query: { kind, q: name, dismissed: dismissed === true ? 'true' : undefined, registered: registered === true ? 'true' : undefined },
      limit,
      columns: COLUMNS,
      json: options.json,
      none: 'Nobody came who is not known.',
    });
  });
  const dismiss = knock.command('dismiss').description('hear of it no more; it goes on being counted').argument('<id>', 'knock id');
  withExamples(withHub(dismiss), 'writ knock dismiss knk_4fZk').action(async (id: string, options: AdminOptions) => {
    const answer = await adminApi(options, to.env).post(`knocks/${encodeURIComponent(id)}/dismiss`);
    if (options.json === true) printJson(to, answer);
    else to.print(`knock ${id} is dismissed.`);
  });
}
