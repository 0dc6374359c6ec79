import { Refused } from '../refused.ts';
import type { Terminal } from './terminal.ts';

/** Goes on when the person says yes, or when there is nobody to ask. */
export async function confirm(to: Terminal, question: string): Promise<void> {
  if (!to.isInteractive) return;
  const prompts = await import('@clack/prompts');
  const answer = await prompts.confirm({ message: question, initialValue: false, output: process.stderr });
  if (answer !== true) throw new Refused('Nothing was changed.');
}

/** Asks for a secret without showing it; undefined when there is nobody to ask. */
export async function askSecret(to: Terminal, question: string): Promise<string | undefined> {
  if (!to.isInteractive) return undefined;
  const prompts = await import('@clack/prompts');
  const answer = await prompts.password({ message: question, output: process.stderr });
  if (typeof answer !== 'string') throw new Refused('Nothing was changed.');
  return answer;
}
