import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { showList } from '../hub/list.ts';
import { asGroup, withExamples, withHub } from '../hub/options.ts';
import { at, listAt, textAt } from '../json.ts';
import { moment } from '../terminal/table.ts';
import type { Column } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

const COLUMNS: readonly Column<unknown>[] = [
  ['KEY', (one) => textAt(one, 'id')],
  ['ALG', (one) => textAt(one, 'alg')],
  ['STATE', (one) => textAt(one, 'state')],
  ['PUBLISHED', (one) => (at(one, 'published') === true ? 'yes' : 'no')],
  ['MADE', (one) => moment(at(one, 'createdAt'))],
  ['SIGNED SINCE', (one) => moment(at(one, 'activatedAt'))],
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
  rotate.option('--alg <alg>', 'only this algorithm: ES256, EdDSA or RS256');
  rotate.option('--force', 'also when the next key was published too recently for every verifier to know it');
  withExamples(withHub(rotate), 'writ keys rotate').action(async (options: AdminOptions & { alg?: string; force?: boolean }) => {
    const answer = await adminApi(options, to.env).post('keys/rotate', { alg: options.alg, force: options.force });
    if (options.json === true) return printJson(to, answer);
    const lines = listAt(answer, 'rotated').map(
      (one) => `${textAt(one, 'alg') ?? '?'}: ${textAt(one, 'active') ?? '?'} signs now, in the place of ${textAt(one, 'retired') ?? '?'}.`,
    );
    for (const line of lines) to.print(line);
  });
}
