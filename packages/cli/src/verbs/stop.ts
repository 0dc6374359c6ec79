import { Argument } from 'commander';
import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { containAll } from '../hub/contain.ts';
import { showList } from '../hub/list.ts';
import { asGroup, countUpTo, spanOf, withExamples, withHub } from '../hub/options.ts';
import { at, textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import { moment } from '../terminal/table.ts';
import type { Column } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';

const PLURALS: Readonly<Record<string, string>> = {
  agent: 'agents',
  client: 'clients',
  user: 'users',
  tenant: 'tenants',
  grant: 'grants',
  connection: 'connections',
};
const KINDS = Object.keys(PLURALS);

type StopOptions = AdminOptions & { reason?: string; for?: number; yes?: boolean };

/** `writ freeze|unfreeze|revoke <kind> [id]`, what is stopped, and the requests that wait for a second person. */
export function registerStop(program: Command, to: Terminal): void {
  registerDeed(
    program.command('freeze'),
    'freeze',
    'stop an agent, client, user, tenant, grant, connection, or the whole hub, until it is unfrozen',
    to,
  );
  registerDeed(program.command('unfreeze'), 'unfreeze', 'let something frozen go on, or ask for the second person that it takes', to);
  registerDeed(program.command('revoke'), 'revoke', 'stop something for good', to);
  registerStopped(program, to);
  registerRequests(program, to);
}

const EXAMPLES = {
  freeze: [
    'writ freeze tenant acme --reason "ticket 4711" --for 2h',
    'writ freeze agent agt_01J9Z agt_01JA2 --reason "ticket 4711" --for 2h',
    'writ freeze hub --reason "keys leaked"',
  ],
  unfreeze: ['writ unfreeze tenant acme --reason "keys were changed"'],
  revoke: ['writ revoke connection calendar --reason "left the provider"'],
} as const;

function registerDeed(command: Command, deed: keyof typeof EXAMPLES, words: string, to: Terminal): void {
  const kinds = deed === 'revoke' ? KINDS : [...KINDS, 'hub'];
  command.description(words).addArgument(new Argument('<kind>', 'what it is').choices(kinds));
  command.argument('[ids...]', 'its id, or several; none for the hub').option('--reason <text>', 'why, for the audit trail');
  if (deed === 'freeze') command.option('--for <span>', 'end it by itself after this long: 30m, 12h, 7d', spanOf);
  if (deed === 'revoke') command.option('-y, --yes', 'do not ask');
  const [first, ...rest] = EXAMPLES[deed];
  withExamples(withHub(command), first, ...rest).action((kind: string, ids: string[], options: StopOptions) => {
    const plural = PLURALS[kind];
    if (plural !== undefined && ids.length === 0) throw new Refused(`Name the ${kind}: writ ${deed} ${kind} <id>.`, 2);
    if (plural === undefined && ids.length > 0) throw new Refused('There is one hub: it has no id.', 2);
    if (plural === undefined && options.reason === undefined) throw new Refused('Say why, with --reason: everybody will ask.', 2);
    const until = options.for === undefined ? undefined : Date.now() + options.for;
    const named = plural === undefined ? ['hub'] : ids;
    return containAll(adminApi(options, to.env), to, { plural, noun: kind, ids: named, deed, ...options, until });
  });
}

/** By what people know it; of an agent and of a grant also whose it is. */
function called(one: unknown): string | undefined {
  const name = textAt(one, 'name');
  const whose = textAt(one, 'actsFor.name') ?? textAt(one, 'actsFor.id');
  return name === undefined || whose === undefined ? name : `${name} (${whose})`;
}

/** Who did it, by the name of the account where it is still there. */
const by = (one: unknown, who: string): string | undefined =>
  textAt(one, `${who}.name`) ?? textAt(one, `${who}.user`) ?? textAt(one, `${who}.client`);

const STOPPED: readonly Column<unknown>[] = [
  ['KIND', (one) => textAt(one, 'kind')],
  ['ID', (one) => textAt(one, 'id')],
  ['CALLED', called],
  ['STATE', (one) => textAt(one, 'state')],
  ['SINCE', (one) => moment(at(one, 'since'))],
  ['UNTIL', (one) => moment(at(one, 'until'))],
  ['BY', (one) => by(one, 'by')],
  ['REASON', (one) => textAt(one, 'reason')],
];

function registerStopped(program: Command, to: Terminal): void {
  const list = program.command('stopped').description('list what is frozen or revoked, and why');
  list.option('--kind <kind>', [...KINDS, 'hub'].join(', ')).option('--state <state>', 'frozen or revoked');
  list.option('--limit <n>', 'at most this many', countUpTo(100_000), 100);
  withExamples(withHub(list), 'writ stopped --state frozen').action(
    (options: AdminOptions & { kind?: string; state?: string; limit: number }) => {
      const { kind, state, limit, json } = options;
      return showList(adminApi(options, to.env), to, {
        path: 'containments',
        query: { kind, state },
        limit,
        columns: STOPPED,
        json,
        none: 'Nothing is stopped.',
      });
    },
  );
}

const REQUESTS: readonly Column<unknown>[] = [
  ['REQUEST', (one) => textAt(one, 'id')],
  ['KIND', (one) => textAt(one, 'kind')],
  ['ID', (one) => textAt(one, 'subject')],
  ['CALLED', called],
  ['STATE', (one) => textAt(one, 'state')],
  ['ASKED BY', (one) => by(one, 'askedBy')],
  ['ENDS', (one) => moment(at(one, 'expiresAt'))],
  ['REASON', (one) => textAt(one, 'reason')],
  ['YOU MAY CONFIRM', (one) => (textAt(one, 'state') === 'waiting' ? (textAt(one, 'barred.title') ?? 'yes') : undefined)],
];

function registerRequests(program: Command, to: Terminal): void {
  const group = asGroup(
    program.command('unfreezes').description('unfreezes that wait for a second person'),
    'writ unfreezes ls --state waiting',
    'writ unfreezes confirm unf_01J9Z --reason "checked with the SOC"',
  );
  const list = group.command('ls').description('list requests to let something frozen go on');
  list.option('--state <state>', 'waiting, confirmed, refused, expired or withdrawn');
  list.option('--limit <n>', 'at most this many', countUpTo(100_000), 100);
  withExamples(withHub(list), 'writ unfreezes ls --state waiting').action((options: AdminOptions & { state?: string; limit: number }) =>
    showList(adminApi(options, to.env), to, {
      path: 'unfreezes',
      query: { state: options.state },
      limit: options.limit,
      columns: REQUESTS,
      json: options.json,
      none: 'Nothing was asked.',
    }),
  );
  registerDecision(group.command('confirm'), 'confirm', 'confirm one, as another person than who asked', to);
  registerDecision(group.command('refuse'), 'refuse', 'refuse one, or take your own back', to);
}

function registerDecision(command: Command, deed: 'confirm' | 'refuse', words: string, to: Terminal): void {
  command.description(words).argument('<id>', 'request id');
  command.requiredOption('--reason <text>', 'why, for the audit trail');
  withExamples(withHub(command), `writ unfreezes ${deed} unf_01J9Z --reason "checked with the SOC"`).action(
    async (id: string, options: AdminOptions & { reason: string }) => {
      const answer = await adminApi(options, to.env).post(`unfreezes/${encodeURIComponent(id)}/${deed}`, { reason: options.reason });
      if (options.json === true) return printJson(to, answer);
      to.print(
        `${textAt(answer, 'kind') ?? ''} ${textAt(answer, 'subject') ?? ''}: the request is ${textAt(answer, 'state') ?? 'decided'}.`,
      );
    },
  );
}
