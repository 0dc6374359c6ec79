import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminApi, AdminOptions } from '../hub/api.ts';
import { containOne } from '../hub/contain.ts';
import { countUpTo, withExamples, withHub } from '../hub/options.ts';
import { at, numberAt, textAt, textsAt } from '../json.ts';
import { Refused } from '../refused.ts';
import { moment } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';

type ListOptions = AdminOptions & { agent?: string; client?: string; resource?: string; state: string; limit: number };

/** What changed by itself since somebody looked, and the two answers to it. */
export function registerAgentDrifts(agent: Command, to: Terminal): void {
  const list = agent.command('drifts').description('list clients and resources that changed since somebody looked');
  list
    .option('--agent <id>', 'of the client of this agent')
    .option('--client <id>', 'of this client')
    .option('--resource <id>', 'of this resource');
  list.option('--state <state>', 'open, accepted or returned', 'open').option('--limit <n>', 'at most this many', countUpTo(100_000), 100);
  withExamples(withHub(list), 'writ agent drifts', 'writ agent drifts --agent agt_01J9Z --json').action(async (options: ListOptions) => {
    const api = adminApi(options, to.env);
    const { resource, state, limit, json } = options;
    const client = options.agent === undefined ? options.client : await clientOf(api, options.agent);
    const { items, more } = await api.list('drifts', { client, resource, state }, limit);
    if (json === true) printJson(to, items);
    else if (items.length === 0) to.note('Nothing changed since somebody looked.');
    else for (const one of items) tell(to, one);
    if (more) to.note(`There are more than ${limit}; --limit shows them.`);
  });
  registerAccept(agent, to);
  registerDecline(agent, to);
}

async function clientOf(api: AdminApi, id: string): Promise<string> {
  const client = textAt(await api.find(`agents/${encodeURIComponent(id)}`), 'client');
  if (client === undefined) throw new Refused(`There is no agent ${id}. "writ agent ls" lists them.`);
  return client;
}

/** What the other side chose is never more than text to the terminal. */
function tell(to: Terminal, one: unknown): void {
  const [before, after] = [textsAt(one, 'before'), textsAt(one, 'after')];
  const froze = at(one, 'froze') === true ? ', stopped for it' : '';
  to.print(visible(textAt(one, 'sentence') ?? ''));
  for (const gone of before.filter((word) => !after.includes(word))) to.print(to.paint('red', visible(`  - ${gone}`)));
  for (const come of after.filter((word) => !before.includes(word))) to.print(to.paint('green', visible(`  + ${come}`)));
  const times = numberAt(one, 'times') ?? 1;
  const often = times === 1 ? 'once' : `${times} times`;
  const since = moment(at(one, 'firstAt')) ?? '?';
  to.print(to.paint('dim', `  ${textAt(one, 'id') ?? ''} · ${textAt(one, 'state') ?? ''}${froze} · since ${since}, changed ${often}`));
}

function registerAccept(agent: Command, to: Terminal): void {
  const accept = agent.command('accept-drift').description('say that a change is fine; a client that was stopped for it goes on');
  accept.argument('<id>', 'drift id').option('--note <text>', 'why, for the audit trail');
  accept.option('--times <n>', 'only if it has changed as often as you saw', countUpTo(1_000_000));
  withExamples(withHub(accept), 'writ agent accept-drift drf_01J9Z --note "new redirect host, ticket 4711"').action(
    async (id: string, options: AdminOptions & { note?: string; times?: number }) => {
      const { note, times } = options;
      const body = { ...(note === undefined ? {} : { note }), ...(times === undefined ? {} : { times }) };
      const answer = await adminApi(options, to.env).post(`drifts/${encodeURIComponent(id)}/accept`, body);
      if (options.json === true) return printJson(to, answer);
      to.print(`Accepted: ${visible(textAt(answer, 'sentence') ?? id)}`);
    },
  );
}

function registerDecline(agent: Command, to: Terminal): void {
  const decline = agent.command('decline-drift').description('say that a change is not fine: its client stops until it is unfrozen');
  decline.argument('<id>', 'drift id').option('--reason <text>', 'why, for the audit trail');
  withExamples(withHub(decline), 'writ agent decline-drift drf_01J9Z --reason "nobody knows that host"').action(
    async (id: string, options: AdminOptions & { reason?: string }) => {
      const api = adminApi(options, to.env);
      const drift = await api.find(`drifts/${encodeURIComponent(id)}`);
      if (drift === undefined) throw new Refused(`There is no drift ${id}. "writ agent drifts" lists those that are open.`);
      const client = textAt(drift, 'client');
      if (client === undefined)
        throw new Refused('It is of a resource, which cannot be stopped: change its tools back, or freeze the agents that use it.');
      const reason = options.reason ?? `changed: ${textAt(drift, 'sentence') ?? ''}`.slice(0, 500);
      return containOne(api, to, { plural: 'clients', noun: 'client', id: client, deed: 'freeze', reason, json: options.json });
    },
  );
}
