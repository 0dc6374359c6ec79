import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { changeLines, changesIn, countLine } from '../hub/changes.ts';
import { readConfigFile } from '../hub/config-file.ts';
import { unknownTo } from '../hub/drift.ts';
import { withExamples, withHub } from '../hub/options.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function registerDrift(program: Command, to: Terminal): void {
  const drift = program
    .command('drift')
    .description('compare a running hub with the file; ends with 1 when they differ')
    .argument('<path>', 'YAML or JSON file, or a folder of them');
  withExamples(withHub(drift), 'writ drift writ.yaml || echo "somebody changed the hub"').action(
    async (path: string, options: AdminOptions) => {
      const api = adminApi(options, to.env);
      const file = await readConfigFile(path);
      const differences = [...changesIn(await api.post('plan', file)), ...unknownTo(file, await api.get('export'))];
      if (differences.length > 0) to.setStatus(1);
      if (options.json === true) return printJson(to, { drift: differences.length > 0, differences });
      for (const line of changeLines(to, differences)) to.print(line);
      const words = { create: 'missing in the hub', change: 'different', remove: 'not in the file' };
      to.print(differences.length === 0 ? 'No drift: the hub is as the file says.' : `Drift: ${countLine(differences, words)}.`);
    },
  );
}
