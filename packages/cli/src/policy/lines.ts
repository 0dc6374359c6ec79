import { at, listAt, numberAt, textAt, textsAt } from '../json.ts';
import { facts, moment, table } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';

type Paint = Pick<Terminal, 'paint'>;

/** A line per test, and below each that failed what was expected and what came. */
export function trialLines(to: Paint, results: readonly unknown[]): string[] {
  return results.flatMap((one) => {
    const passed = at(one, 'passed') === true;
    const name = visible(textAt(one, 'name') ?? textAt(one, 'id') ?? '?');
    const failures = textsAt(one, 'failures').map((failure) => `    ${visible(failure)}`);
    return [`${passed ? to.paint('green', '✓') : to.paint('red', '✗')} ${name}`, ...failures];
  });
}

export function countOf(results: readonly unknown[]): { passed: number; failed: number; sentence: string } {
  const passed = results.filter((one) => at(one, 'passed') === true).length;
  const failed = results.length - passed;
  if (results.length === 0) return { passed, failed, sentence: 'There are no policy tests.' };
  return { passed, failed, sentence: failed === 0 ? `All ${passed} passed.` : `${failed} of ${results.length} failed.` };
}

/** The verdict, a sentence per scope, what is missing, and whom nobody knows. */
export function simulationLines(to: Paint, answer: unknown): string[] {
  const missing = textsAt(answer, 'explanation.missing');
  const unknown = textsAt(answer, 'unknown');
  const before = textAt(answer, 'current.outcome');
  return [
    ...facts(to, [
      ['outcome', textAt(answer, 'decision.outcome')],
      ['without the draft', before],
      ['granted', listed(textsAt(answer, 'decision.granted'))],
      ['missing', listed(missing)],
    ]),
    ...listAt(answer, 'explanation.scopes').map(
      (one) => `  ${at(one, 'granted') === true ? to.paint('green', '✓') : to.paint('red', '✗')} ${visible(textAt(one, 'sentence') ?? '')}`,
    ),
    ...textsAt(answer, 'beyond').map((sentence) => `${to.paint('yellow', '!')} ${visible(`beside policy: ${sentence}`)}`),
    ...unknown.map(
      (name) =>
        `${to.paint('yellow', '!')} ${visible(`the hub does not know ${name}; it was taken as described${name.includes('://') ? ' (give the id, not the address)' : ''}`)}`,
    ),
  ];
}

function listed(words: readonly string[]): string | undefined {
  return words.length === 0 ? undefined : words.join(', ');
}

/** What a draft would change, most first; and how much of the record was looked at. */
export function replayLines(to: Paint, answer: unknown): string[] {
  const changed = numberAt(answer, 'changed') ?? 0;
  const total = numberAt(answer, 'total') ?? 0;
  const head = `${changed} of ${total} recorded decisions would be different: ${numberAt(answer, 'gained') ?? 0} gain a scope, ${numberAt(answer, 'lost') ?? 0} lose one, ${numberAt(answer, 'requirements') ?? 0} come under another requirement.`;
  const notes = [
    ...(at(answer, 'complete') === true
      ? []
      : [`The record goes further back than ${moment(at(answer, 'oldest')) ?? 'that'}; --limit and --since say how far to look.`]),
    ...textsAt(answer, 'notRecorded').map((name) => `Entries do not hold ${name}, so the draft found it missing everywhere.`),
  ];
  if (changed === 0) return [head, ...notes];
  const counts = [
    ['CHANGED', (row: unknown) => String(numberAt(row, 'changed') ?? 0)],
    ['GAINED', (row: unknown) => String(numberAt(row, 'gained') ?? 0)],
    ['LOST', (row: unknown) => String(numberAt(row, 'lost') ?? 0)],
  ] as const;
  const board = (name: string, rows: string, label: (row: unknown) => string | undefined): string[] => {
    const list = listAt(answer, rows);
    return list.length === 0 ? [] : ['', ...table(to, list.slice(0, 20), [[name, label], ...counts])];
  };
  return [
    head,
    ...notes,
    ...board('CLIENT', 'byClient', (row) => textAt(row, 'client')),
    ...board('AGENT', 'byAgent', (row) => textAt(row, 'agent')),
    ...board('SCOPE', 'byScope', (row) => `${textAt(row, 'target.id') ?? ''} ${textAt(row, 'scope') ?? ''}`),
    ...board('RULE', 'byRule', (row) => textAt(row, 'rule')),
    '',
    ...listAt(answer, 'samples').map((one) => visible(sampleLine(one))),
  ];
}

function sampleLine(one: unknown): string {
  const gained = textsAt(one, 'gained').map((scope) => `+${scope}`);
  const lost = textsAt(one, 'lost').map((scope) => `-${scope}`);
  const needs = listAt(one, 'requirements').map((need) => `~${textAt(need, 'rule') ?? ''}`);
  return `${textAt(one, 'id') ?? ''}  ${textAt(one, 'client') ?? ''}  ${[...gained, ...lost, ...needs].join(' ')}`;
}

/** How two versions differ, a member a line. */
export function differenceLines(to: Paint, diff: readonly unknown[]): string[] {
  return diff.flatMap((one) => {
    const field = visible(textAt(one, 'field') ?? '?');
    const [from, now] = [at(one, 'from'), at(one, 'to')].map((value) => (value === null ? undefined : visible(JSON.stringify(value))));
    return [
      ...(from === undefined ? [] : [to.paint('red', `- ${field}: ${from}`)]),
      ...(now === undefined ? [] : [to.paint('green', `+ ${field}: ${now}`)]),
    ];
  });
}
