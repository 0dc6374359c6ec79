import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Empty } from '../../ui/notice.tsx';
import { KnownIds } from '../../kit/known-ids.tsx';
import { PageHead } from '../../kit/page.tsx';
import { useFilters } from '../../kit/use-filters.ts';
import { Access } from './access.tsx';
import { KINDS, ROOM_OF, type From } from './model.ts';

function fromIn(filters: Readonly<Record<string, string>>): From | undefined {
  for (const kind of KINDS) {
    const id = filters[kind];
    if (id !== undefined && id !== '') return { kind, id };
  }
  return undefined;
}

function roomOf(kind: string): string {
  return ROOM_OF[KINDS.find((one) => one === kind) ?? 'user'];
}

/** Who reaches what, from any side. */
export function GraphPage() {
  const [filters, choose] = useFilters();
  const from = fromIn(filters);
  const [kind, setKind] = useState<string>(from?.kind ?? 'user');
  const [id, setId] = useState(from?.id ?? '');
  return (
    <>
      <PageHead
        title="Access"
        lead="Who reaches what, and through which policy, consent and credential. Worked out now, by what decides."
      />
      <form
        className="mb-5 grid items-end gap-3 sm:grid-cols-[12rem_1fr_auto]"
        onSubmit={(event) => {
          event.preventDefault();
          const before = Object.fromEntries(KINDS.map((one) => [one, undefined]));
          choose({ ...before, without: undefined, [kind]: id.trim() === '' ? undefined : id.trim() });
        }}
      >
        <SelectField label="From" value={kind} onChange={({ target }) => setKind(target.value)} options={KINDS} />
        <TextField label="Id" list="known-ids" value={id} onChange={({ target }) => setId(target.value)} placeholder="begin to type" />
        <KnownIds id="known-ids" room={roomOf(kind)} />
        <Button type="submit" look="primary">
          Show
        </Button>
      </form>
      {from === undefined ? (
        <Empty command="writ graph user ann">
          Name somebody, to see what is reached for them; or a resource, connection or policy, to see who reaches it.
        </Empty>
      ) : (
        <Access key={`${from.kind}:${from.id}`} of={from} />
      )}
    </>
  );
}
