import { at, textAt } from '../json.ts';
import { moment } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';

const STYLES = { success: 'green', refused: 'yellow', failed: 'red' } as const;

/** One entry on one line: when, where, what, who, at what, and why not. */
export function eventLine(to: Pick<Terminal, 'paint'>, event: unknown): string {
  const outcome = textAt(event, 'outcome') ?? '?';
  const style = outcome === 'success' || outcome === 'refused' || outcome === 'failed' ? STYLES[outcome] : 'dim';
  const tail = [whoOf(event), targetOf(event), textAt(event, 'reason'), decisionOf(event, outcome)].filter(
    (part) => part !== undefined && part !== '',
  );
  return [
    to.paint('dim', moment(at(event, 'time')) ?? '?'),
    visible((textAt(event, 'tenant') ?? 'hub').padEnd(8)),
    to.paint(style, outcome.padEnd(7)),
    visible((textAt(event, 'type') ?? '?').padEnd(21)),
    visible(tail.join(' · ')),
  ].join('  ');
}

function whoOf(event: unknown): string {
  const parts = ['user', 'agent', 'client'].flatMap((kind) => {
    const id = textAt(event, `actor.${kind}`);
    return id === undefined ? [] : [`${kind} ${id}`];
  });
  return parts.length === 0 ? (textAt(event, 'initiator') ?? '') : parts.join(', ');
}

/** Of what was not done only: it is what `writ policy explain` takes. */
function decisionOf(event: unknown, outcome: string): string | undefined {
  return outcome === 'success' ? undefined : textAt(event, 'decision');
}

function targetOf(event: unknown): string | undefined {
  const type = textAt(event, 'target.type');
  return type === undefined ? undefined : `→ ${type} ${textAt(event, 'target.id') ?? '?'}`;
}
