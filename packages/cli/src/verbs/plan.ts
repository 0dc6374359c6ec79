import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { countLine, printChanges } from '../hub/changes.ts';
import { readConfigFile } from '../hub/config-file.ts';
import { withExamples, withHub } from '../hub/options.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function registerPlan(program: Command, to: Terminal): void {
  const plan = program
    .command('plan')
    .description('show what apply would change')
    .argument('<path>', 'YAML or JSON file, or a folder of them');
  withExamples(withHub(plan), 'writ plan writ.yaml').action(async (path: string, options: AdminOptions) => {
    const answer = await adminApi(options, to.env).post('plan', await readConfigFile(path));
    if (options.json === true) return printJson(to, answer);
    printChanges(to, answer, (changes) => countLine(changes, { create: 'to make', change: 'to change', remove: 'to remove' }));
  });
}
