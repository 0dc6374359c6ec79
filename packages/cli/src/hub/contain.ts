import { textAt } from '../json.ts';
import { Refused } from '../refused.ts';
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
  if (of.deed === 'revoke' && of.yes !== true) await confirm(to, `Revoke ${nameOf(of)}? This cannot be undone.`);
  const answer = await act(api, of);
  if (of.json === true) printJson(to, answer);
  else to.print(sentenceOn(of, answer));
}

/**
 * The same on several, with the same reason and the same end, one after the other. One that is refused keeps no other from being stopped; the program fails when
 * any was.
 */
export async function containAll(
  api: AdminApi,
  to: Terminal,
  { ids, ...of }: Omit<Containment, 'id'> & { ids: readonly string[] },
): Promise<void> {
  const each = [...new Set(ids)];
  const [only, ...more] = each;
  if (only !== undefined && more.length === 0) return containOne(api, to, { ...of, id: only });
  if (of.deed === 'revoke' && of.yes !== true) await confirm(to, `Revoke ${each.length} ${of.plural ?? of.noun}? This cannot be undone.`);
  const answers: unknown[] = [];
  for (const id of each) {
    try {
      const answer = await act(api, { ...of, id });
      answers.push(answer);
      if (of.json !== true) to.print(sentenceOn({ ...of, id }, answer));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      to.note(`${of.noun} ${id}: ${error.message}`);
      to.setStatus(1);
    }
  }
  if (of.json === true) printJson(to, answers);
}

function act(api: AdminApi, { plural, noun, id, deed, reason, until }: Containment): Promise<unknown> {
  const path = plural === undefined ? `${noun}/${deed}` : `${plural}/${encodeURIComponent(id)}/${deed}`;
  return api.post(path, { ...(reason === undefined ? {} : { reason }), ...(until === undefined ? {} : { until }) });
}

function nameOf({ plural, noun, id }: Containment): string {
  return plural === undefined ? noun : `${noun} ${id}`;
}

function sentenceOn(of: Containment, answer: unknown): string {
  const waiting = textAt(answer, 'unfreeze.id');
  if (waiting !== undefined)
    return `${nameOf(of)} is still frozen: it takes a second person. They run: writ unfreezes confirm ${waiting} --reason "…"`;
  return `${nameOf(of)} is ${textAt(answer, 'state') ?? `${of.deed.replace(/e$/, '')}ed`}.`;
}
