import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { showList } from '../hub/list.ts';
import { countUpTo, withExamples, withHub } from '../hub/options.ts';
import { at, listAt, numberAt, textAt, textsAt } from '../json.ts';
import { Refused } from '../refused.ts';
import { facts, moment, table } from '../terminal/table.ts';
import type { Column } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';
import { differenceLines } from './lines.ts';

const VERSIONS: readonly Column<unknown>[] = [
  ['VERSION', (one) => String(numberAt(one, 'version') ?? '')],
  ['WHEN', (one) => moment(at(one, 'at'))],
  ['WHO', (one) => textAt(one, 'by.user') ?? textAt(one, 'by.client') ?? textAt(one, 'by.initiator')],
  ['WHAT', (one) => (at(one, 'removed') === true ? 'removed' : `${textAt(one, 'rule.effect') ?? ''}, ${textAt(one, 'rule.state') ?? ''}`)],
];

/** `writ policy history`: what a policy was before. */
export function registerHistory(policy: Command, to: Terminal): void {
  const history = policy
    .command('history')
    .description('list the versions of a policy, or show one')
    .argument('<id>', 'policy id')
    .argument('[version]', 'show this version and in what it differs from the one before', countUpTo(999_999_999))
    .option('--limit <n>', 'at most this many', countUpTo(10_000), 50);
  withExamples(withHub(history), 'writ policy history ops-autonomous', 'writ policy history ops-autonomous 3').action(
    async (id: string, version: number | undefined, options: AdminOptions & { limit: number }) => {
      const api = adminApi(options, to.env);
      const path = `policies/${encodeURIComponent(id)}/versions`;
      if (version === undefined)
        return showList(api, to, { path, query: {}, limit: options.limit, columns: VERSIONS, json: options.json, none: 'No versions.' });
      const found = await api.find(`${path}/${version}`);
      if (found === undefined) throw new Refused(`Policy ${id} has no version ${version}.`);
      if (options.json === true) return printJson(to, found);
      const lines = facts(to, [
        ['policy', id],
        ['version', String(version)],
        ['when', moment(at(found, 'at'))],
        ['who', textAt(found, 'by.user') ?? textAt(found, 'by.client') ?? textAt(found, 'by.initiator')],
      ]);
      for (const line of [...lines, ...differenceLines(to, listAt(found, 'diff'))]) to.print(line);
      return undefined;
    },
  );
}

/** `writ policy rollback`: back to an earlier version. */
export function registerRollback(policy: Command, to: Terminal): void {
  const rollback = policy
    .command('rollback')
    .description('put a policy back to what it was; the saved tests run as with any change')
    .argument('<id>', 'policy id')
    .argument('<version>', 'the version to go back to', countUpTo(999_999_999))
    .option('--force', 'also when it breaks a saved test; this is recorded');
  withExamples(withHub(rollback), 'writ policy rollback ops-autonomous 3').action(
    async (id: string, version: number, options: AdminOptions & { force?: boolean }) => {
      const answer = await adminApi(options, to.env).post(
        `policies/${encodeURIComponent(id)}/rollback`,
        { version },
        { force: options.force },
      );
      if (options.json === true) return printJson(to, answer);
      to.print(visible(`Policy ${id} is as it was in version ${version}; this is version ${numberAt(answer, 'version') ?? '?'}.`));
    },
  );
}

const SHADOWS: readonly Column<unknown>[] = [
  ['RULE', (one) => textAt(one, 'rule')],
  ['STATE', (one) => textAt(one, 'state')],
  ['EFFECT', (one) => textAt(one, 'effect')],
  ['SPOKE', (one) => String(numberAt(one, 'spoke') ?? 0)],
  ['WOULD CHANGE', (one) => String(numberAt(one, 'wouldChange') ?? 0)],
  ['SINCE', (one) => moment(at(one, 'since'))],
  [
    'SCOPES',
    (one) =>
      listAt(one, 'scopes')
        .map((row) => `${SIGN[textAt(row, 'change') ?? ''] ?? ''}${textAt(row, 'scope') ?? ''}`)
        .join(' '),
  ],
  ['FOR EXAMPLE', (one) => textsAt(one, 'samples')[0]],
];
const SIGN: Readonly<Record<string, string>> = { gained: '+', lost: '-', required: '~' };

/** `writ policy shadow`: what shadow rules would have changed. */
export function registerShadow(policy: Command, to: Terminal): void {
  const shadow = policy
    .command('shadow')
    .description('show what rules in shadow would have changed of what was decided')
    .option('--rule <id>', 'of this rule')
    .option('--since <time>', 'decisions from this time on (RFC 3339)')
    .option('--limit <n>', 'look at so many decisions, the newest first', countUpTo(100_000), 10_000);
  withExamples(withHub(shadow), 'writ policy shadow', 'writ policy shadow --rule no-live-writes').action(
    async ({ rule, since, limit, ...options }: AdminOptions & { rule?: string; since?: string; limit: number }) => {
      const answer = await adminApi(options, to.env).get('policies/shadow', { rule, since, limit });
      if (options.json === true) return printJson(to, answer);
      const rows = listAt(answer, 'items');
      if (rows.length === 0) return to.note('No rule is in shadow, and none was.');
      for (const line of table(to, rows, SHADOWS)) to.print(line);
      to.note(`${numberAt(answer, 'read') ?? 0} decisions looked at${at(answer, 'complete') === true ? '' : '; there are older ones'}.`);
      return undefined;
    },
  );
}
