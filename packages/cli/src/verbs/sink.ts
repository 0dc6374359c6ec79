import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { showList } from '../hub/list.ts';
import { asGroup, withExamples, withHub } from '../hub/options.ts';
import { at, numberAt, textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import { moment } from '../terminal/table.ts';
import type { Column } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

const COLUMNS: readonly Column<unknown>[] = [
  ['SINK', (one) => textAt(one, 'id')],
  ['TYPE', (one) => textAt(one, 'type')],
  ['STATE', (one) => (textAt(one, 'state') === 'paused' ? 'paused' : textAt(one, 'health.status'))],
  ['DELIVERED', (one) => String(numberAt(one, 'delivered') ?? 0)],
  ['PENDING', (one) => String(numberAt(one, 'pending') ?? 0)],
  ['SINCE', (one) => moment(at(one, 'oldestPendingAt'))],
  ['DEAD', (one) => String(numberAt(one, 'deadLetters') ?? 0)],
  ['WHY', (one) => textAt(one, 'health.sentence')],
];

export function registerSink(program: Command, to: Terminal): void {
  const sink = asGroup(program.command('sink').description('sinks: where the audit record goes'), 'writ sink ls');
  withExamples(withHub(sink.command('ls').description('list sinks and how they do')), 'writ sink ls').action((options: AdminOptions) =>
    showList(adminApi(options, to.env), to, {
      path: 'sinks',
      query: {},
      limit: 1_000,
      columns: COLUMNS,
      json: options.json,
      none: 'No sinks.',
    }),
  );

  const test = sink.command('test').description('send a test event now, past everything that waits').argument('<id>', 'sink id');
  withExamples(withHub(test), 'writ sink test siem').action(async (id: string, options: AdminOptions) => {
    const answer = await adminApi(options, to.env).post(`sinks/${encodeURIComponent(id)}/test`);
    const sentence = `${textAt(answer, 'sentence') ?? ''} (${textAt(answer, 'event') ?? ''})`;
    if (options.json === true) printJson(to, answer);
    else if (at(answer, 'ok') === true) to.print(sentence);
    if (at(answer, 'ok') !== true) throw new Refused(sentence);
  });

  const replay = sink
    .command('replay')
    .description('deliver again from a point; nothing that waits is left out')
    .argument('<id>', 'sink id');
  replay.option('--since <time>', 'from this time on, as 2026-03-01T00:00:00Z; default: from the beginning');
  withExamples(withHub(replay), 'writ sink replay siem --since 2026-03-01T00:00:00Z').action(
    async (id: string, options: AdminOptions & { since?: string }) => {
      const body = options.since === undefined ? { from: 'beginning' } : { since: options.since };
      const answer = await adminApi(options, to.env).post(`sinks/${encodeURIComponent(id)}/replay`, body);
      if (options.json === true) printJson(to, answer);
      else to.print(`${numberAt(answer, 'entries') ?? 0} entries of ${numberAt(answer, 'chains') ?? 0} chains go out again.`);
    },
  );
}
