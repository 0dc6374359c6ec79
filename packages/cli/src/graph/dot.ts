import { labelOf, type Way } from './read.ts';

/** The graph for Graphviz: everything that anybody chose stands in quotes, with what could end them made harmless. */
export function dotOf(ways: readonly Way[], names: ReadonlyMap<string, string>): string[] {
  const keys = new Set(ways.flatMap(({ from, to }) => [from, to]));
  return [
    'digraph writ {',
    '  rankdir=LR;',
    '  node [shape=box, style=rounded];',
    ...[...keys].map((key) => `  ${quoted(key)} [label=${quoted(labelOf(key, names))}];`),
    ...ways.map(({ from, to, kind, scopes, way, refused }) => {
      const label = kind === 'reaches' ? `${way ?? ''}: ${scopes.join(' ')}` : kind.replaceAll('_', ' ');
      return `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(label)}${refused === undefined ? '' : ', style=dashed'}];`;
    }),
    '}',
  ];
}

function quoted(text: string): string {
  const plain = text
    .replaceAll(/[\p{C}]/gu, ' ')
    .replaceAll('\\', '\\\\')
    .replaceAll('"', String.raw`\"`);
  return `"${plain}"`;
}
