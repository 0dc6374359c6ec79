import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { showList } from '../hub/list.ts';
import { asGroup, withExamples, withHub } from '../hub/options.ts';
import { at, textAt } from '../json.ts';
import { moment } from '../terminal/table.ts';
import type { Column } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

const COLUMNS: readonly Column<unknown>[] = [
  ['KEY', (one) => textAt(one, 'kid') ?? textAt(one, 'id')],
  ['ALG', (one) => textAt(one, 'alg')],
  ['STATE', (one) => textAt(one, 'state')],
  ['MADE', (one) => moment(at(one, 'createdAt'))],
];

export function registerKeys(program: Command, to: Terminal): void {
  const keys = asGroup(program.command('keys').description('signing keys of the hub'), 'writ keys ls');
  withExamples(withHub(keys.command('ls').description('list signing keys')), 'writ keys ls').action((options: AdminOptions) =>
    showList(adminApi(options, to.env), to, {
      path: 'keys',
      query: {},
      limit: 1_000,
      columns: COLUMNS,
      json: options.json,
      none: 'No keys.',
    }),
  );

  const rotate = keys.command('rotate').description('sign with the next key; what the old one signed stays good until it expires');
  rotate.option('--force', 'also when the next key was published too recently for every verifier to know it');
  withExamples(withHub(rotate), 'writ keys rotate').action(async (options: AdminOptions & { force?: boolean }) => {
    const answer = await adminApi(options, to.env).post('keys/rotate', options.force === true ? { force: true } : {});
    if (options.json === true) return printJson(to, answer);
    const kid = textAt(answer, 'kid') ?? textAt(answer, 'id');
    to.print(kid === undefined ? 'Rotated.' : `Signing with ${kid} now.`);
  });
}
