import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { asGroup, withExamples, withHub } from '../hub/options.ts';
import { registerReplay, registerSimulate } from '../policy/ask.ts';
import { explanationLines } from '../policy/explanation.ts';
import { registerHistory, registerRollback, registerShadow } from '../policy/history.ts';
import { registerTest } from '../policy/test.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function registerPolicy(program: Command, to: Terminal): void {
  const policy = asGroup(
    program.command('policy').description('policies: test, try out, look back and explain'),
    'writ policy test --offline writ.yaml',
    'writ policy simulate --client ops-agent --user ann --tenant acme --resource ops',
    'writ policy explain dec_01J9Z',
  );
  registerTest(policy, to);
  registerSimulate(policy, to);
  registerReplay(policy, to);
  const explain = policy
    .command('explain')
    .description('explain a decision: scope by scope')
    .argument('<id>', 'decision id, from an error, a token’s event or the audit trail');
  withExamples(withHub(explain), 'writ policy explain dec_01J9Z').action(async (id: string, options: AdminOptions) => {
    const answer = await adminApi(options, to.env).get(`decisions/${encodeURIComponent(id)}/explain`);
    if (options.json === true) return printJson(to, answer);
    for (const line of explanationLines(to, answer)) to.print(line);
  });
  registerHistory(policy, to);
  registerRollback(policy, to);
  registerShadow(policy, to);
}
