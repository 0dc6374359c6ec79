import { at, listAt, textAt, textsAt } from '../json.ts';
import { facts } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';

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
