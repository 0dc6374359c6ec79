import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { asGroup, withExamples, withHub } from '../hub/options.ts';
import { explanationLines } from '../policy/explanation.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function registerPolicy(program: Command, to: Terminal): void {
  const policy = asGroup(program.command('policy').description('policies: why a request got what it got'), 'writ policy explain dec_01J9Z');
  const explain = policy
    .command('explain')
    .description('explain a decision: scope by scope')
    .argument('<id>', 'decision id, from an error, a token’s event or the audit trail');
  withExamples(withHub(explain), 'writ policy explain dec_01J9Z').action(async (id: string, options: AdminOptions) => {
    const answer = await adminApi(options, to.env).get(`decisions/${encodeURIComponent(id)}/explain`);
    if (options.json === true) return printJson(to, answer);
    for (const line of explanationLines(to, answer)) to.print(line);
  });
}
