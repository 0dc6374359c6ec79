import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { withExamples, withHub } from '../hub/options.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';

export function registerExport(program: Command, to: Terminal): void {
  const verb = program.command('export').description('write the config of a running hub (YAML; with --json JSON), without secrets');
  verb.option('-o, --output <file>', 'write to this file');
  withExamples(withHub(verb), 'writ export -o writ.yaml').action(async (options: AdminOptions & { output?: string }) => {
    const config = await adminApi(options, to.env).get('export');
    const text = options.json === true ? `${JSON.stringify(config, undefined, 2)}\n` : await yamlOf(config);
    if (options.output === undefined)
      return to.print(
        text
          .trimEnd()
          .split('\n')
          .map((line) => visible(line, 'json'))
          .join('\n'),
      );
    writeFileSync(options.output, text);
    to.note(`Written to ${options.output}.`);
  });
}

async function yamlOf(config: unknown): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify(config, { lineWidth: 120 });
}
