import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { readConfigFile } from '../hub/config-file.ts';
import { withExamples, withHub } from '../hub/options.ts';
import { listAt, textsAt } from '../json.ts';
import { Refused } from '../refused.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';
import { readDraftFile, readTestFiles } from './files.ts';
import { countOf, trialLines } from './lines.ts';

type Options = AdminOptions & { draft?: string; offline?: string };

/** `writ policy test`: saved tests, or those of files, against the hub or against a config file alone. */
export function registerTest(policy: Command, to: Terminal): void {
  const test = policy
    .command('test')
    .description('run policy tests; ends with 1 when one fails')
    .argument('[files...]', 'files or folders with policyTests (default: those the hub has saved)')
    .option('--draft <file>', 'judge by these policies in the place of those of the same id')
    .option('--offline <file>', 'no hub: policies, and whom the tests name, from this config file or folder');
  withExamples(
    withHub(test),
    'writ policy test',
    'writ policy test tests.yaml --draft next.yaml',
    'writ policy test --offline writ.yaml',
  ).action(async (files: string[], options: Options) => {
    const { results, unknown } =
      options.offline === undefined ? await atHub(files, options, to) : await offline(files, options.offline, options);
    const { passed, failed, sentence } = countOf(results);
    if (failed > 0) to.setStatus(1);
    if (options.json === true) return printJson(to, { passed, failed, results, unknown });
    for (const line of trialLines(to, results)) to.print(line);
    for (const name of unknown) to.note(visible(`! nobody knows ${name}; it was taken as described`));
    to.print(sentence);
  });
}

type Run = { results: readonly unknown[]; unknown: readonly string[] };

async function atHub(files: readonly string[], options: Options, to: Terminal): Promise<Run> {
  const answer = await adminApi(options, to.env).post('policies/test', {
    ...(files.length === 0 ? {} : { tests: await readTestFiles(files) }),
    ...(options.draft === undefined ? {} : { draft: await readDraftFile(options.draft) }),
  });
  return { results: listAt(answer, 'results'), unknown: textsAt(answer, 'unknown') };
}

async function offline(files: readonly string[], path: string, { draft }: Options): Promise<Run> {
  if (draft !== undefined) throw new Refused('--draft is for a hub; offline, write the draft into the file.', 2);
  const config = await readConfigFile(path);
  const tests = files.length === 0 ? undefined : await readTestFiles(files);
  const { testOffline } = await import('@writ/server');
  const run = testOffline(config, tests);
  if (!run.ok)
    throw new Refused([`${path} cannot be tested`, ...run.error.map(({ field, message }) => `  ${field}: ${message}`)].join('\n'));
  return { results: run.value.trials.map(({ version: _, ...one }) => one), unknown: run.value.unknown };
}
