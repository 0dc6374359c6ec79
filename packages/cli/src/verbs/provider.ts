import type { Command } from 'commander';
import { adminApi } from '../hub/api.ts';
import type { AdminOptions } from '../hub/api.ts';
import { showList } from '../hub/list.ts';
import { asGroup, withExamples, withHub } from '../hub/options.ts';
import { at, listAt, textAt, textsAt } from '../json.ts';
import { Refused } from '../refused.ts';
import { facts } from '../terminal/table.ts';
import type { Column } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';

type ListOptions = AdminOptions & { type?: string; category?: string; verified?: string };

const COLUMNS: readonly Column<unknown>[] = [
  ['PROVIDER', (one) => textAt(one, 'id')],
  ['NAME', (one) => textAt(one, 'name')],
  ['TYPE', (one) => textAt(one, 'type')],
  ['CATEGORY', (one) => textAt(one, 'category')],
  ['CHECKED', (one) => textAt(one, 'verified')],
  [
    'FILL IN',
    (one) =>
      listAt(one, 'variables')
        .map((variable) => textAt(variable, 'name'))
        .join(' '),
  ],
];

export function registerProvider(program: Command, to: Terminal): void {
  const provider = asGroup(
    program.command('provider').description('services the hub knows how to connect to'),
    'writ provider ls git',
    'writ provider show github',
  );
  const list = provider.command('ls').description('list the catalogue').argument('[search]', 'part of the id or the name');
  list.option('--type <type>', 'oauth, api_key or basic').option('--category <category>', 'of this category');
  list.option('--verified <how>', 'metadata, documentation or unverified: how far its addresses were checked');
  withExamples(withHub(list), 'writ provider ls --type oauth --verified metadata').action(
    (search: string | undefined, options: ListOptions) => {
      const { type, category, verified } = options;
      return showList(adminApi(options, to.env), to, {
        path: 'providers',
        query: { search, type, category, verified },
        limit: 10_000,
        columns: COLUMNS,
        json: options.json,
        none: 'No such provider.',
      });
    },
  );
  const show = provider.command('show').description('show what is known of one').argument('<id>', 'provider id');
  withExamples(withHub(show), 'writ provider show zendesk').action(async (id: string, options: AdminOptions) => {
    const found = await adminApi(options, to.env).find(`providers/${encodeURIComponent(id)}`);
    if (found === undefined) throw new Refused(`The catalogue has no provider ${id}.`);
    if (options.json === true) return printJson(to, found);
    for (const line of lines(to, found)) to.print(line);
  });
}

function lines(to: Terminal, provider: unknown): string[] {
  const of = (name: string): [string, string | undefined] => [name, textAt(provider, name)];
  const variables = listAt(provider, 'variables').map(
    (one) => `${textAt(one, 'name') ?? '?'} (${textAt(one, 'title') ?? '?'}, like ${textAt(one, 'example') ?? '?'})`,
  );
  const scopes = listAt(provider, 'scopes').map(
    (one) => `  ${textAt(one, 'name') ?? '?'}${at(one, 'writes') === true ? ' (writes)' : ''}: ${textAt(one, 'title') ?? ''}`,
  );
  return [
    ...facts(to, [
      ['provider', textAt(provider, 'id')],
      of('name'),
      of('type'),
      ['checked by', textAt(provider, 'verified')],
      of('docs'),
      ['fill in', variables.length === 0 ? undefined : variables.join(', ')],
      of('authorizationUrl'),
      of('tokenUrl'),
      of('revocationUrl'),
      of('pkce'),
      of('refresh'),
      of('header'),
      of('query'),
      of('baseUrl'),
      ['hosts', textsAt(provider, 'allowedHosts').join(' ')],
      ['key made at', textAt(provider, 'makeAt')],
      of('notes'),
    ]),
    ...(scopes.length === 0 ? [] : ['scopes', ...scopes.map((line) => visible(line))]),
  ];
}
