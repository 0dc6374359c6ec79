import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { countUpTo, withExamples, withHub } from '../hub/options.ts';
import { at, listAt, textAt } from '../json.ts';
import { moment } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';

type AdviceOptions = AdminOptions & { agent?: string; kind?: string; limit: number };

const KINDS = 'drift, dormant_with_write, unverified_high_risk, no_owner, unused_scopes, never_used, dormant, no_end';

/** What should be looked at, each in a sentence with the request that would settle it. */
export function registerAdvice(program: Command, to: Terminal): void {
  const advice = program
    .command('advice')
    .description('what should be looked at: unused scopes, agents nobody owns or uses, what changed; worst first');
  advice.option('--agent <id>', 'about this agent').option('--kind <kind>', `of this kind alone: ${KINDS}`);
  advice.option('--limit <n>', 'at most this many', countUpTo(100_000), 50);
  withExamples(withHub(advice), 'writ advice', 'writ advice --agent agt_01J9Z --json', 'writ advice --kind unused_scopes').action(
    async (options: AdviceOptions) => {
      const { agent, kind, limit, json } = options;
      const api = adminApi(options, to.env);
      const found =
        agent === undefined
          ? await api.list('advice', { kind }, limit)
          : { items: [...listAt(await api.get(`agents/${encodeURIComponent(agent)}/advice`), 'items')], more: false };
      const items = agent === undefined || kind === undefined ? found.items : found.items.filter((one) => textAt(one, 'kind') === kind);
      if (json === true) printJson(to, items);
      else if (items.length === 0) to.note('Nothing to look at.');
      else for (const one of items) tell(to, one);
      if (found.more) to.note(`There is more than ${limit}; --limit shows it.`);
    },
  );
}

function tell(to: Terminal, one: unknown): void {
  to.print(visible(textAt(one, 'sentence') ?? ''));
  const since = moment(at(one, 'at'));
  const deed = `${textAt(one, 'deed.label') ?? ''}: ${textAt(one, 'deed.method') ?? ''} ${textAt(one, 'deed.path') ?? ''}`;
  const body = at(one, 'deed.body');
  to.print(
    to.paint('dim', visible(`  since ${since ?? '?'} · ${deed}${body === null || body === undefined ? '' : ` ${JSON.stringify(body)}`}`)),
  );
}
