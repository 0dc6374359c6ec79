import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { read } from '../../api/client.ts';
import type { Value } from '../../api/use-read.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField } from '../../ui/field.tsx';
import { Failure, Notice } from '../../ui/notice.tsx';
import { DataTable } from '../../kit/list-page.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import { Section } from '../../kit/page.tsx';
import type { Fields } from '../../kit/text-draft.ts';

type Report = Value<'postPoliciesReplay'>;
type Tallied = { changed: number; gained: number; lost: number; requirements: number };

const TALLY = [
  { title: 'Changed', end: true, cell: (one: Tallied) => one.changed },
  { title: 'Gain', end: true, cell: (one: Tallied) => one.gained },
  { title: 'Lose', end: true, cell: (one: Tallied) => one.lost },
];

function Samples({ of }: { of: Report['samples'] }) {
  return (
    <DataTable
      label="samples"
      items={of}
      keyOf={({ id }) => id}
      columns={[
        { title: 'Decision', cell: ({ id }) => <ObjectLink room="decisions" id={id} /> },
        { title: 'Would gain', cell: ({ gained }) => gained.join(', ') || '–' },
        { title: 'Would lose', cell: ({ lost }) => lost.join(', ') || '–' },
      ]}
    />
  );
}

/** What a draft would have changed about decisions that were made: by agent, by scope, and some of them. */
export function ReportView({ of }: { of: Report }) {
  if (of.total === 0) return <Notice>No decision was recorded in that time, so there is nothing to compare with.</Notice>;
  if (of.changed === 0)
    return (
      <Notice tone="good" role="status">
        Nothing would change: {of.total} decisions, each as it was.
      </Notice>
    );
  return (
    <div>
      <div className="mb-4">
        <Notice tone="care" role="status">
          {of.changed} of {of.total} decisions would be others: {of.gained} would gain scopes, {of.lost} would lose some.
          {of.complete ? '' : ' Older ones were not looked at.'}
        </Notice>
      </div>
      <Section title="By agent">
        <DataTable
          label="by agent"
          items={of.byAgent}
          keyOf={({ agent, client }) => `${agent} ${client}`}
          columns={[
            { title: 'Agent', cell: ({ agent }) => <ObjectLink room="agents" id={agent} /> },
            { title: 'Client', cell: ({ client }) => <ObjectLink room="clients" id={client} /> },
            ...TALLY,
          ]}
        />
      </Section>
      <Section title="By scope">
        <DataTable
          label="by scope"
          items={of.byScope}
          keyOf={({ target, scope }) => `${target.kind} ${target.id} ${scope}`}
          columns={[
            { title: 'Target', cell: ({ target }) => <ObjectLink room={`${target.kind}s`} id={target.id} /> },
            { title: 'Scope', cell: ({ scope }) => <code>{scope}</code> },
            ...TALLY,
          ]}
        />
      </Section>
      <Section title="Some of them">
        <Samples of={of.samples} />
      </Section>
    </div>
  );
}

const SPANS = [
  ['1', 'the last day'],
  ['7', 'the last 7 days'],
  ['30', 'the last 30 days'],
] as const;

export function Replay({ draft }: { draft: Fields }) {
  const [days, setDays] = useState('7');
  const run = useMutation({
    mutationFn: () => {
      const since = new Date(Date.now() - Number(days) * 86_400_000).toISOString();
      return read('postPoliciesReplay', { body: { since, draft: { put: [{ ...draft }] } } });
    },
  });
  return (
    <div className="grid gap-4">
      <form
        className="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          run.mutate();
        }}
      >
        <SelectField
          label="Over the decisions of"
          className="sm:w-52"
          value={days}
          options={SPANS}
          onChange={(event) => setDays(event.target.value)}
        />
        <Button type="submit" look="primary" disabled={run.isPending}>
          Replay
        </Button>
      </form>
      {run.error === null ? null : <Failure error={run.error} />}
      {run.data === undefined ? null : <ReportView of={run.data} />}
    </div>
  );
}
