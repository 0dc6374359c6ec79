import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { withExamples, withHub } from '../hub/options.ts';
import { listAt, textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import { table } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';
import { assignedText } from './lines.ts';

type Assign = AdminOptions & { client?: string; resource?: string; tenant?: string; everywhere?: boolean; remove?: boolean };

/** `writ flow assign`: which flow runs where. */
export function registerAssign(flow: Command, to: Terminal): void {
  const verb = flow
    .command('assign')
    .description('say where a flow runs (narrowest first: client, resource, tenant, everywhere); without an id: list what is assigned')
    .argument('[id]', 'flow id')
    .option('--client <id>', 'for this client')
    .option('--resource <id>', 'for this resource')
    .option('--tenant <id>', 'where the request names this tenant')
    .option('--everywhere', 'wherever nothing narrower is assigned')
    .option('--remove', 'take it away from there');
  withExamples(
    withHub(verb),
    'writ flow assign',
    'writ flow assign risky --client web',
    'writ flow assign risky --client web --remove',
  ).action(async (id: string | undefined, options: Assign) => {
    const api = adminApi(options, to.env);
    if (id === undefined) return showAssignments(to, options, listAt(await api.get('flow-assignments'), 'items'));
    const target = targetOf(options);
    const answer = await api.post(`flows/${encodeURIComponent(id)}/${options.remove === true ? 'unassign' : 'assign'}`, target);
    if (options.json === true) return printJson(to, answer);
    to.print(visible(`Flow ${id} runs for ${assignedText(answer) ?? 'nothing by assignment'}.`));
    return undefined;
  });
}

function targetOf({ client, resource, tenant, everywhere }: Assign): Record<string, string | boolean> {
  const named = Object.entries({ client, resource, tenant, everywhere }).filter(([, value]) => value !== undefined);
  const [first, ...others] = named;
  if (first === undefined || others.length > 0) throw new Refused('Exactly one of --client, --resource, --tenant, --everywhere.', 2);
  const [kind, id = true] = first;
  return { [kind]: id };
}

function showAssignments(to: Terminal, { json }: Assign, items: readonly unknown[]): void {
  if (json === true) return printJson(to, items);
  if (items.length === 0) return to.note('Nothing is assigned: the built-in flows run.');
  const lines = table(to, items, [
    ['PURPOSE', (one) => textAt(one, 'purpose')],
    ['CLIENT', (one) => textAt(one, 'target.client')],
    ['RESOURCE', (one) => textAt(one, 'target.resource')],
    ['TENANT', (one) => textAt(one, 'target.tenant')],
    ['FLOW', (one) => textAt(one, 'flow')],
  ]);
  for (const line of lines) to.print(line);
}
