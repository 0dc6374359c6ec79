import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Refused } from '../refused.ts';
import type { Terminal } from './terminal.ts';

/**
 * A secret from the command line: `env:NAME`, `file:PATH`, `-` (stdin) or the value itself. The value itself is visible to every process
 * of the machine while the verb runs, which is why the other forms exist.
 */
export async function readSecret(given: string, to: Terminal): Promise<string> {
  if (given === '-') return (await text(process.stdin)).trim();
  if (given.startsWith('env:')) {
    const value = to.env[given.slice(4)];
    if (value === undefined) throw new Refused(`The environment has no ${given.slice(4)}.`, 2);
    return value;
  }
  if (given.startsWith('file:')) return readFileSync(given.slice(5), 'utf8').trim();
  return given;
}
