import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { countUpTo, withExamples, withHub } from '../hub/options.ts';
import { numberAt } from '../json.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';
import { assignedText } from './lines.ts';

/** Verbs that change what is in force: `publish`, `rollback`. */
export function registerForce(flow: Command, to: Terminal): void {
  const publish = flow
    .command('publish')
    .description('put the draft in force on every node; refused while anything about it is an error')
    .argument('<id>', 'flow id')
    .option('--note <text>', 'what this version is about, for the list of versions');
  withExamples(withHub(publish), 'writ flow publish risky --note "Second factor for high-risk scopes"').action(
    async (id: string, { note, ...options }: AdminOptions & { note?: string }) =>
      told(to, options, id, await adminApi(options, to.env).post(`flows/${encodeURIComponent(id)}/publish`, { note })),
  );
  const rollback = flow
    .command('rollback')
    .description('put an older version in force again, to the letter')
    .argument('<id>', 'flow id')
    .argument('<version>', 'the version to go back to', countUpTo(999_999_999));
  withExamples(withHub(rollback), 'writ flow rollback risky 3').action(async (id: string, version: number, options: AdminOptions) =>
    told(to, options, id, await adminApi(options, to.env).post(`flows/${encodeURIComponent(id)}/rollback`, { version })),
  );
}

function told(to: Terminal, { json }: AdminOptions, id: string, flow: unknown): void {
  if (json === true) return printJson(to, flow);
  const where = assignedText(flow);
  to.print(visible(`Flow ${id} is in force as version ${numberAt(flow, 'published.version') ?? '?'}; journeys under way keep theirs.`));
  to.note(visible(where === undefined ? 'It is not assigned to anything; "writ flow assign" does that.' : `It runs for ${where}.`));
}
