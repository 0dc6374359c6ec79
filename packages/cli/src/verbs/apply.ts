import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { countLine, printChanges } from '../hub/changes.ts';
import { readConfigFile } from '../hub/config-file.ts';
import { withExamples, withHub } from '../hub/options.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function registerApply(program: Command, to: Terminal): void {
  const apply = program
    .command('apply')
    .description('make the hub as the file says: all of it, or nothing')
    .argument('<path>', 'YAML or JSON file, or a folder of them')
    .option('--force', 'also what breaks saved policy tests; this is recorded');
  withExamples(withHub(apply), 'writ apply writ.yaml').action(async (path: string, options: AdminOptions & { force?: boolean }) => {
    const answer = await adminApi(options, to.env).post('apply', await readConfigFile(path), { force: options.force });
    if (options.json === true) return printJson(to, answer);
    printChanges(to, answer, (changes) => `Applied: ${countLine(changes, { create: 'made', change: 'changed', remove: 'removed' })}.`);
  });
}
