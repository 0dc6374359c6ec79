import { textAt } from '../json.ts';
import { confirm } from '../terminal/ask.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { AdminApi } from './api.ts';

type Containment = {
  plural: string;
  noun: string;
  id: string;
  deed: 'freeze' | 'unfreeze' | 'revoke';
  reason?: string | undefined;
  yes?: boolean | undefined;
  json?: boolean | undefined;
};

/** Freezes, unfreezes or revokes one thing. Revoking cannot be undone, so a person is asked; a script (no terminal) is taken at its word. */
export async function containOne(api: AdminApi, to: Terminal, { plural, noun, id, deed, reason, yes, json }: Containment): Promise<void> {
  if (deed === 'revoke' && yes !== true) await confirm(to, `Revoke ${noun} ${id}? This cannot be undone.`);
  const answer = await api.post(`${plural}/${encodeURIComponent(id)}/${deed}`, reason === undefined ? {} : { reason });
  if (json === true) return printJson(to, answer);
  to.print(`${noun} ${id} is ${textAt(answer, 'state') ?? `${deed.replace(/e$/, '')}ed`}.`);
}
