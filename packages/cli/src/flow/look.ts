import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { adminApi, withQuery } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { showList } from '../hub/list.ts';
import { countUpTo, withExamples, withHub } from '../hub/options.ts';
import { at, numberAt, textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import { facts, moment } from '../terminal/table.ts';
import type { Column } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';
import { assignedText, comparedLines, flowLines, inForceText, nodeLines } from './lines.ts';

const FLOWS: readonly Column<unknown>[] = [
  ['FLOW', (one) => textAt(one, 'id')],
  ['PURPOSE', (one) => textAt(one, 'purpose')],
  ['IN FORCE', inForceText],
  ['DRAFT', (one) => (at(one, 'ahead') === true ? 'ahead' : undefined)],
  ['RUNS FOR', assignedText],
  ['NAME', (one) => textAt(one, 'name')],
];

const VERSIONS: readonly Column<unknown>[] = [
  ['VERSION', (one) => String(numberAt(one, 'version') ?? '')],
  ['WHEN', (one) => moment(at(one, 'at'))],
  ['WHO', (one) => textAt(one, 'by.user') ?? textAt(one, 'by.client') ?? textAt(one, 'by.initiator')],
  ['AGAIN', (one) => (numberAt(one, 'rolledBackTo') === undefined ? undefined : `version ${numberAt(one, 'rolledBackTo') ?? ''}`)],
  ['NOTE', (one) => textAt(one, 'note')],
  ['DIGEST', (one) => textAt(one, 'digest')?.slice(0, 12)],
];

/** Verbs that only look: `ls`, `show`, `versions`, `diff`, `export`. */
export function registerLook(flow: Command, to: Terminal): void {
  registerLists(flow, to);
  registerDiff(flow, to);
  registerExport(flow, to);
}

function registerLists(flow: Command, to: Terminal): void {
  const ls = flow
    .command('ls')
    .description('list flows, the built-in ones among them')
    .option('--limit <n>', 'at most this many', countUpTo(10_000), 200);
  withExamples(withHub(ls), 'writ flow ls').action((options: AdminOptions & { limit: number }) =>
    showList(adminApi(options, to.env), to, {
      path: 'flows',
      query: {},
      limit: options.limit,
      columns: FLOWS,
      json: options.json,
      none: 'No flows.',
    }),
  );
  const show = flow
    .command('show')
    .description('show a flow: its draft, what is in force, what the checks say; or one of its versions')
    .argument('<id>', 'flow id')
    .argument('[version]', 'show this version', countUpTo(999_999_999));
  withExamples(withHub(show), 'writ flow show authorize', 'writ flow show risky 3').action(
    async (id: string, version: number | undefined, options: AdminOptions) => {
      const path = `flows/${encodeURIComponent(id)}`;
      const found = await adminApi(options, to.env).find(version === undefined ? path : `${path}/versions/${version}`);
      if (found === undefined)
        throw new Refused(version === undefined ? `There is no flow ${id}.` : `Flow ${id} has no version ${version}.`);
      if (options.json === true) return printJson(to, found);
      for (const line of version === undefined ? flowLines(to, found) : versionLines(to, found)) to.print(line);
    },
  );
  const versions = flow
    .command('versions')
    .description('list what was in force, newest first')
    .argument('<id>', 'flow id')
    .option('--limit <n>', 'at most this many', countUpTo(10_000), 50);
  withExamples(withHub(versions), 'writ flow versions risky').action((id: string, options: AdminOptions & { limit: number }) =>
    showList(adminApi(options, to.env), to, {
      path: `flows/${encodeURIComponent(id)}/versions`,
      query: {},
      limit: options.limit,
      columns: VERSIONS,
      json: options.json,
      none: 'It was never published.',
    }),
  );
}

function versionLines(to: Terminal, version: unknown): string[] {
  return [
    ...facts(to, [
      ['version', String(numberAt(version, 'version') ?? '')],
      ['when', moment(at(version, 'at'))],
      ['who', textAt(version, 'by.user') ?? textAt(version, 'by.client') ?? textAt(version, 'by.initiator')],
      ['note', textAt(version, 'note')],
      ['digest', textAt(version, 'digest')],
    ]),
    '',
    ...nodeLines(to, at(version, 'document')),
  ];
}

function registerDiff(flow: Command, to: Terminal): void {
  const diff = flow
    .command('diff')
    .description('show what lies between two states of a flow: what is in force and the draft, unless you name others')
    .argument('<id>', 'flow id')
    .argument('[from]', 'a version (0: a built-in flow as it came)')
    .argument('[to]', 'a version, or draft', 'draft');
  withExamples(withHub(diff), 'writ flow diff risky', 'writ flow diff risky 2 3', 'writ flow diff authorize 0').action(
    async (id: string, from: string | undefined, second: string, options: AdminOptions) => {
      const api = adminApi(options, to.env);
      const path = `flows/${encodeURIComponent(id)}`;
      const first = from ?? numberAt(await api.get(path), 'published.version');
      if (first === undefined) throw new Refused(`Flow ${id} was never published; there is nothing to compare the draft with.`);
      const compared = await api.get(`${path}/compare`, { from: first, to: second });
      if (options.json === true) return printJson(to, compared);
      const lines = comparedLines(to, compared);
      if (lines.length === 0) return to.note('They say the same.');
      for (const line of lines) to.print(line);
      return undefined;
    },
  );
}

function registerExport(flow: Command, to: Terminal): void {
  const verb = flow
    .command('export')
    .description('write a flow as stable text: equal flows give equal text')
    .argument('<id>', 'flow id')
    .argument('[version]', 'this version in the place of the draft (0: a built-in flow as it came)')
    .option('-o, --output <file>', 'write to this file');
  withExamples(withHub(verb), 'writ flow export risky -o risky.json').action(
    async (id: string, version: string | undefined, { output, ...options }: AdminOptions & { output?: string }) => {
      const path = withQuery(`flows/${encodeURIComponent(id)}/export`, { version });
      const text = JSON.stringify(await adminApi(options, to.env).get(path), undefined, 2);
      if (output === undefined) return to.print(visible(text, 'json'));
      writeFileSync(output, `${text}\n`);
      to.note(`Written to ${output}.`);
    },
  );
}
