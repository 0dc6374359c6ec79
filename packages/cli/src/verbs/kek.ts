import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminApi, AdminOptions } from '../hub/api.ts';
import { asGroup, withExamples, withHub } from '../hub/options.ts';
import { at, textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import { moment } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

type RotateOptions = AdminOptions & { dataKeys?: boolean; wait?: boolean };

export function registerKek(program: Command, to: Terminal): void {
  const kek = asGroup(program.command('kek').description('the key-encryption key, and the keys of the vault under it'), 'writ kek status');
  withExamples(withHub(kek.command('status').description('what wraps, and what is still under an older key')), 'writ kek status').action(
    async (options: AdminOptions) => {
      const status = await adminApi(options, to.env).get('kek');
      if (options.json === true) return printJson(to, status);
      for (const line of linesOf(status)) to.print(line);
    },
  );

  const rotate = kek
    .command('rotate')
    .description('wrap every data key anew by the KEK that the hub has now; it goes on working meanwhile');
  rotate.option('--data-keys', 'also make new data keys and seal the whole vault under them');
  rotate.option('--no-wait', 'do not wait for the end');
  withExamples(withHub(rotate), 'writ kek rotate', 'writ kek rotate --data-keys').action(async (options: RotateOptions) => {
    const api = adminApi(options, to.env);
    const begun = await api.post('kek/rotate', { dataKeys: options.dataKeys === true });
    const status = options.wait === false ? begun : await ended(api, to, options);
    if (options.json === true) return printJson(to, status);
    for (const line of linesOf(status)) to.print(line);
  });
}

const LOOK_MS = 500;
/** So often nothing may move before we say that it does not: the node that did the work may be gone, and another takes over within a minute. */
const STILL = 240;

async function ended(api: AdminApi, to: Terminal, { json }: AdminOptions): Promise<unknown> {
  let left = '';
  for (let still = 0; still < STILL; still += 1) {
    const status = await api.get('kek');
    if (typeof at(at(status, 'rotation'), 'finishedAt') === 'number') return status;
    const now = leftOf(status);
    if (now !== left) still = 0;
    if (now !== left && json !== true) to.note(now);
    left = now;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Refused(
    'The rotation does not move. It is kept and goes on by itself; "writ kek status" shows where it is, and the log of the hub why.',
  );
}

function leftOf(status: unknown): string {
  return `${number(status, 'dataKeys', 'otherKek')} data keys and ${number(status, 'secrets', 'retiredKey')} secrets to go`;
}

function linesOf(status: unknown): string[] {
  const rotation = at(status, 'rotation');
  const finished = at(rotation, 'finishedAt');
  return [
    `KEK        ${textAt(status, 'kek') ?? '?'}`,
    `Data keys  ${number(status, 'dataKeys', 'total')}, of which ${number(status, 'dataKeys', 'otherKek')} under another KEK`,
    `Secrets    ${number(status, 'secrets', 'total')}, of which ${number(status, 'secrets', 'retiredKey')} under a retired data key`,
    `Rotation   ${textAt(rotation, 'id') === undefined ? 'none yet' : typeof finished === 'number' ? `ended ${moment(finished)}` : 'under way'}`,
  ];
}

function number(status: unknown, part: string, name: string): string {
  const found = at(at(status, part), name);
  return typeof found === 'number' ? String(found) : '?';
}
