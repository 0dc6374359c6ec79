import type { Command } from 'commander';
import { apiOf } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { withExamples, withHub } from '../hub/options.ts';
import { findTarget } from '../hub/target.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function registerOpenapi(program: Command, to: Terminal): void {
  const openapi = program.command('openapi').description('print the OpenAPI 3.1 document of the admin API (always JSON)');
  withExamples(withHub(openapi), 'writ openapi > admin.json').action(async (options: AdminOptions) =>
    printJson(to, await apiOf(findTarget(options, to.env)).get('openapi.json')),
  );
}
