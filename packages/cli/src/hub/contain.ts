import { textAt } from '../json.ts';
import { confirm } from '../terminal/ask.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { AdminApi } from './api.ts';

type Containment = {
  /** Undefined: the hub itself. */
  plural: string | undefined;
  noun: string;
  id: string;
  deed: 'freeze' | 'unfreeze' | 'revoke';
  reason?: string | undefined;
  /** When a freeze ends by itself; milliseconds. */
  until?: number | undefined;
  yes?: boolean | undefined;
  json?: boolean | undefined;
};

/** Freezes, unfreezes or revokes one thing. Revoking cannot be undone, so a person is asked; a script (no terminal) is taken at its word. */
export async function containOne(api: AdminApi, to: Terminal, of: Containment): Promise<void> {
  const { plural, noun, id, deed, reason, until, yes, json } = of;
  const name = plural === undefined ? noun : `${noun} ${id}`;
  if (deed === 'revoke' && yes !== true) await confirm(to, `Revoke ${name}? This cannot be undone.`);
  const path = plural === undefined ? `${noun}/${deed}` : `${plural}/${encodeURIComponent(id)}/${deed}`;
  const answer = await api.post(path, { ...(reason === undefined ? {} : { reason }), ...(until === undefined ? {} : { until }) });
  if (json === true) return printJson(to, answer);
  const waiting = textAt(answer, 'unfreeze.id');
  if (waiting !== undefined)
    return to.print(`${name} is still frozen: it takes a second person. They run: writ unfreezes confirm ${waiting} --reason "…"`);
  to.print(`${name} is ${textAt(answer, 'state') ?? `${deed.replace(/e$/, '')}ed`}.`);
}
