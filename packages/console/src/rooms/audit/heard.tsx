import type { Value } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { ClientLink } from '../../kit/client-name.tsx';
import { DataTable } from '../../kit/list-page.tsx';
import { Words } from '../../kit/object-link.tsx';

export type Heard = Value<'getSignalsBySeq'>;

/** Milliseconds, as long as they are few. */
export function span(ms: number | null): string {
  if (ms === null) return '–';
  return ms < 1_000 ? `${Math.round(ms)}\u{a0}ms` : `${(ms / 1_000).toFixed(1)}\u{a0}s`;
}

/** In a sentence: who acted on it, and how soon. */
export function heardWords({ spread: { acknowledged, silent, away, p95, slowest } }: Heard): string {
  if (acknowledged + silent + away === 0) return 'No resource server listens. They refuse when the token ends, or by introspection.';
  const acted =
    acknowledged === 0 ? 'None has acted yet' : `${acknowledged} acted, 95 % of them within ${span(p95)}, the last after ${span(slowest)}`;
  return [acted, silent === 0 ? undefined : `${silent} listen in silence`, away === 0 ? undefined : `${away} are away`]
    .filter((part) => part !== undefined)
    .join('; ')
    .concat('.');
}

/** Each process of each resource server: whether it acted, and how soon. */
export function HeardTable({ of }: { of: Heard }) {
  if (of.servers.length === 0) return null;
  return (
    <DataTable
      label="resource servers"
      items={of.servers}
      keyOf={({ client, instance }) => `${client} ${instance}`}
      columns={[
        { title: 'Resource server', cell: ({ client }) => <ClientLink id={client} /> },
        { title: 'Process', from: 'sm', cell: ({ instance }) => (instance === '' ? '–' : instance) },
        { title: 'Resources', from: 'md', cell: ({ resources }) => <Words of={resources} /> },
        { title: 'State', cell: ({ state }) => <Word of={state} /> },
        { title: 'After', end: true, cell: ({ ms }) => span(ms) },
      ]}
    />
  );
}
