import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';

/** One thing the doctor looked at. `fix`: what to do, where something is wrong or could be better. */
export type Finding = { level: 'good' | 'could be better' | 'wrong'; says: string; fix?: string };

export const good = (says: string): Finding => ({ level: 'good', says });
export const better = (says: string, fix: string): Finding => ({ level: 'could be better', says, fix });
export const wrong = (says: string, fix: string): Finding => ({ level: 'wrong', says, fix });

const SIGNS = { good: ['✓', 'green'], 'could be better': ['!', 'yellow'], wrong: ['✗', 'red'] } as const;

export function findingLines(to: Pick<Terminal, 'paint'>, findings: readonly Finding[]): string[] {
  return findings.flatMap(({ level, says, fix }) => {
    const [sign, style] = SIGNS[level];
    return [`  ${to.paint(style, sign)} ${visible(says)}`, ...(fix === undefined ? [] : [`      ${to.paint('dim', visible(fix))}`])];
  });
}
