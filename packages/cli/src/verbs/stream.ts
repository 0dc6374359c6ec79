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
import { visible } from '../terminal/visible.ts';

const COLUMNS: readonly Column<unknown>[] = [
  ['STREAM', (one) => textAt(one, 'id')],
  ['CLIENT', (one) => textAt(one, 'client')],
  ['TENANT', (one) => textAt(one, 'tenant') ?? 'the whole hub'],
  ['BY', (one) => textAt(one, 'delivery')],
  ['STATUS', (one) => (textAt(one, 'status') === 'enabled' ? textAt(one, 'health.status') : textAt(one, 'status'))],
  ['DELIVERED', (one) => String(numberAt(one, 'delivered') ?? 0)],
  ['PENDING', (one) => String(numberAt(one, 'pending') ?? 0)],
  ['SINCE', (one) => moment(at(one, 'oldestPendingAt'))],
  ['DEAD', (one) => String(numberAt(one, 'deadLetters') ?? 0)],
  ['WHY', (one) => textAt(one, 'health.sentence') ?? textAt(one, 'statusReason')],
];

const pathOf = (id: string): string => `streams/${encodeURIComponent(id)}`;

export function registerStream(program: Command, to: Terminal): void {
  const stream = asGroup(
    program.command('stream').description('streams of shared signals: who else hears when something is stopped'),
    'writ stream ls',
  );
  withExamples(withHub(stream.command('ls').description('list streams and how they do')), 'writ stream ls').action(
    (options: AdminOptions) =>
      showList(adminApi(options, to.env), to, {
        path: 'streams',
        query: {},
        limit: 1_000,
        columns: COLUMNS,
        json: options.json,
        none: 'No streams.',
      }),
  );

  const show = stream.command('show').description('show one stream').argument('<id>', 'stream id');
  withExamples(withHub(show), 'writ stream show str_4f2a').action(async (id: string, options: AdminOptions) => {
    const found = await adminApi(options, to.env).get(pathOf(id));
    if (options.json === true) return printJson(to, found);
    for (const [title, of] of COLUMNS) to.print(`${title.padEnd(10)} ${visible(of(found) ?? '')}`.trimEnd());
    to.print(`${'ENDPOINT'.padEnd(10)} ${visible(textAt(found, 'endpointUrl') ?? `it is polled at ${textAt(found, 'pollUrl') ?? ''}`)}`);
  });

  for (const { verb, says, done } of HOLDS) {
    const hold = stream.command(verb).description(says).argument('<id>', 'stream id');
    hold.option('--reason <text>', 'why; its receiver is told');
    withExamples(withHub(hold), `writ stream ${verb} str_4f2a`).action(async (id: string, options: AdminOptions & { reason?: string }) => {
      const answer = await adminApi(options, to.env).post(
        `${pathOf(id)}/${verb}`,
        options.reason === undefined ? {} : { reason: options.reason },
      );
      if (options.json === true) printJson(to, answer);
      else to.print(`${id} ${done}.`);
    });
  }

  const verify = stream
    .command('verify')
    .description('send a verification event by the way that all events go')
    .argument('<id>', 'stream id');
  withExamples(withHub(verify), 'writ stream verify str_4f2a').action(async (id: string, options: AdminOptions) => {
    const answer = await adminApi(options, to.env).post(`${pathOf(id)}/verify`);
    if (options.json === true) printJson(to, answer);
    if (at(answer, 'sent') !== true) throw new Refused('One was sent less than ten seconds ago.');
    if (options.json !== true) to.print(`${id} gets a verification event.`);
  });

  const remove = stream.command('rm').description('remove a stream, with what waits for its receiver').argument('<id>', 'stream id');
  withExamples(withHub(remove), 'writ stream rm str_4f2a').action(async (id: string, options: AdminOptions) => {
    await adminApi(options, to.env).remove(pathOf(id));
    if (options.json === true) printJson(to, { id, removed: true });
    else to.print(`${id} is removed.`);
  });
}

const HOLDS = [
  { verb: 'pause', says: 'deliver nothing until it is resumed; nothing is lost', done: 'is paused' },
  { verb: 'resume', says: 'go on where it was paused', done: 'goes on' },
] as const;
