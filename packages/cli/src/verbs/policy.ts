import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { asGroup, withExamples, withHub } from '../hub/options.ts';
import { at, listAt, textAt, textsAt } from '../json.ts';
import { facts } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';

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

/** Who asked, and a sentence per scope, which names the rules that stood nearest. */
export function explanationLines(to: Pick<Terminal, 'paint'>, answer: unknown): string[] {
  const missing = textsAt(answer, 'explanation.missing');
  const stale =
    at(answer, 'current') === false
      ? [to.paint('yellow', 'Policies changed since: this is what the rules of today say of the same request.')]
      : [];
  return [
    ...facts(to, [
      ['decision', textAt(answer, 'id')],
      ['client', textAt(answer, 'recorded.client')],
      ['user', textAt(answer, 'recorded.user')],
      ['agent', textAt(answer, 'recorded.agent')],
      ['missing', missing.length === 0 ? undefined : missing.join(', ')],
    ]),
    ...stale,
    ...listAt(answer, 'explanation.scopes').map(
      (one) => `  ${at(one, 'granted') === true ? to.paint('green', '✓') : to.paint('red', '✗')} ${visible(textAt(one, 'sentence') ?? '')}`,
    ),
  ];
}
