import type { Command } from 'commander';
import { portNumber, withExamples } from '../hub/options.ts';
import type { DevOptions } from '../dev/run.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function registerDev(program: Command, to: Terminal): void {
  const dev = program.command('dev').description('run a hub to try things: embedded database, demo data, a sample MCP server');
  dev.option('--protect <url>', 'also make this MCP server a resource, and show the code that protects it');
  dev.option('--empty', 'no demo and no sample server');
  dev.option(
    '--port <n>',
    'port of the hub; the sample takes the next (default: WRIT_PORT, or 8787; 0: any two that are free)',
    portNumber,
  );
  dev.option('--data <dir>', 'data folder (default: WRIT_DATA_DIR, or ./data)');
  dev.option('--json', 'print one line of JSON once everything runs');
  withExamples(dev, 'writ dev', 'writ dev --protect http://localhost:9000/mcp').action(async (options: DevOptions) => {
    const { runDev } = await import('../dev/run.ts');
    await runDev(options, to);
  });
}
