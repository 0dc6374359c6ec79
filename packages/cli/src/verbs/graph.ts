import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { dotOf } from '../graph/dot.ts';
import { labelOf, namesIn, wayOf, waysIn, type Way } from '../graph/read.ts';
import { treeOf } from '../graph/tree.ts';
import { adminApi } from '../hub/api.ts';
import type { AdminApi, AdminOptions } from '../hub/api.ts';
import { countUpTo, withExamples, withHub } from '../hub/options.ts';
import { at, listAt, textAt, textsAt } from '../json.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';

const KINDS = ['agent', 'client', 'user', 'tenant', 'resource', 'connection', 'policy', 'role', 'grant', 'credential'];

type GraphOptions = AdminOptions & { tenant?: string; without?: readonly [string, string]; dot?: boolean; limit: number };

export function registerGraph(program: Command, to: Terminal): void {
  const graph = program
    .command('graph')
    .description('what somebody reaches, or who reaches something, and through which policy, consent and credential')
    .argument('<kind>', KINDS.join(', '), kindIn)
    .argument('<id>', 'its id');
  graph
    .option('--tenant <id>', 'only in this tenant')
    .option(
      '--without <kind:id>',
      'what would change here without that policy, grant, credential, connection, role, client, user or resource',
      pairIn,
    )
    .option('--dot', 'print it for Graphviz')
    .option('--limit <n>', 'people, tenants and clients that are looked at', countUpTo(10_000), 100);
  withExamples(
    withHub(graph),
    'writ graph agent agt_01J9Z',
    'writ graph resource crm --tenant acme',
    'writ graph user ann --without policy:support-reads',
    'writ graph connection calendar --dot | dot -Tsvg > calendar.svg',
  ).action(async (kind: string, id: string, options: GraphOptions) => {
    const api = adminApi(options, to.env);
    if (options.without !== undefined) return tellWithout(api, to, { ...options, without: options.without, of: [kind, id] });
    const query = { [kind]: id, ...(options.tenant === undefined ? {} : { tenant: options.tenant }) };
    const found = await read(api, query, options.limit);
    if (options.json === true) return printJson(to, found);
    const names = namesIn(found);
    const ways = waysIn(found);
    const lines = options.dot === true ? dotOf(ways, names) : treeOf(to, ways, names);
    if (lines.length === 0) to.note(`Nothing: ${labelOf(`${kind}:${id}`, names)} reaches nothing, and nobody reaches it.`);
    for (const line of lines) to.print(line);
    tellMore(to, found);
  });
}

function kindIn(text: string): string {
  if (!KINDS.includes(text)) throw new InvalidArgumentError(`One of ${KINDS.join(', ')}.`);
  return text;
}

function pairIn(text: string): readonly [string, string] {
  const colon = text.indexOf(':');
  if (colon < 1 || colon === text.length - 1) throw new InvalidArgumentError('As in policy:support-reads.');
  return [text.slice(0, colon), text.slice(colon + 1)];
}

const PORTION = 100;

/** The parts of a graph put together, until so many were looked at. */
async function read(api: AdminApi, query: Record<string, string>, limit: number): Promise<unknown> {
  const nodes = new Map<string, unknown>();
  const edges = new Map<string, unknown>();
  let cursor: string | undefined;
  let looked = 0;
  let last: unknown;
  do {
    last = await api.get('graph', { ...query, limit: Math.min(PORTION, limit - looked), cursor });
    for (const node of listAt(last, 'nodes')) nodes.set(textAt(node, 'key') ?? '', node);
    for (const edge of listAt(last, 'edges')) edges.set(textAt(edge, 'id') ?? '', edge);
    cursor = textAt(last, 'next');
    // A part may have found nobody, and go on.
    looked += Math.max(1, Number(at(last, 'looked')));
  } while (cursor !== undefined && looked < limit);
  return {
    nodes: [...nodes.values()],
    edges: [...edges.values()],
    truncated: at(last, 'truncated'),
    narrow: at(last, 'narrow'),
    next: cursor ?? null,
  };
}

function tellMore(to: Terminal, found: unknown): void {
  const narrow = textAt(found, 'narrow');
  if (narrow !== undefined) to.note(textAt(found, 'next') === undefined ? narrow : 'There is more; --limit shows it, --tenant narrows.');
}

type Asked = GraphOptions & { without: readonly [string, string]; of: readonly [string, string] };

/** What would change of what has to do with it. */
async function tellWithout(api: AdminApi, to: Terminal, { without: [kind, id], of, json, limit }: Asked): Promise<void> {
  const told = await api.post('graph/without', { [kind]: id, within: { kind: of[0], id: of[1] }, limit: Math.min(PORTION, limit) });
  if (json === true) return printJson(to, told);
  const differences = listAt(told, 'differences');
  const names = namesIn(told);
  if (differences.length === 0) to.note(`Nothing changes here without ${kind} ${id}.`);
  for (const one of differences) to.print(visible(sentence(wayOf(at(one, 'edge')), one, names)));
  tellMore(to, told);
}

function sentence(way: Way, difference: unknown, names: ReadonlyMap<string, string>): string {
  const [lost, gained] = [textsAt(difference, 'lost'), textsAt(difference, 'gained')];
  const is = textAt(difference, 'is');
  const deeds = [
    ...(is === 'gone' && lost.length === 0 ? ['loses all'] : lost.length === 0 ? [] : [`loses ${lost.join(' ')}`]),
    ...(is === 'new' && gained.length === 0 ? ['gains all'] : gained.length === 0 ? [] : [`gains ${gained.join(' ')}`]),
    ...listAt(difference, 'asks').map((one) => `must also: ${textAt(one, 'sentence') ?? ''}`),
    ...listAt(difference, 'spares').map((one) => `need no more: ${textAt(one, 'sentence') ?? ''}`),
  ];
  const who = way.for === undefined ? way.from : way.for;
  return `${labelOf(`client:${way.client ?? ''}`, names)} ${deeds.join(', ')} at ${labelOf(way.to, names)} for ${labelOf(who, names)}`;
}
