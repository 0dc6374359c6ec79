import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { changeLines, changesIn, countLine, warningLines } from '../hub/changes.ts';
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
    const changes = changesIn(answer);
    for (const line of [...changeLines(to, changes), ...warningLines(to, answer)]) to.print(line);
    to.print(
      changes.length === 0
        ? 'Nothing to do: the hub is as the file says.'
        : countLine(changes, { create: 'to make', change: 'to change', remove: 'to remove' }),
    );
  });
}
