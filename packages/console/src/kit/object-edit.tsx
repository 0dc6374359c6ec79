import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { faultsOf, Refused } from '../api/refused.ts';
import { read } from '../api/client.ts';
import { Button } from '../ui/button.tsx';
import { TextArea, TextField } from '../ui/field.tsx';
import { Failure, Loading } from '../ui/notice.tsx';
import { SchemaForm } from './schema-form.tsx';
import { configOf, itemSchema, membersOf, type Schema } from './schema.ts';
import type { ObjectSpec } from './spec.ts';
import { draftOf, draftOfText, type Fields } from './text-draft.ts';

/** The form of the config file, which every collection shares with the API. Read once. */
export function useConfigSchema() {
  return useQuery<Schema>({ queryKey: ['config-schema'], queryFn: () => read('getConfigSchemaJson'), staleTime: Infinity });
}

type Of<Item extends object> = { of: ObjectSpec<Item>; start: Fields; id: string | undefined; onSaved: (id: string) => void };

function Writing<Item extends object>({ of, start, id, onSaved, schema, root }: Of<Item> & { schema: Schema; root: Schema }) {
  const queries = useQueryClient();
  const [draft, setDraft] = useState(() => draftOf(start));
  const [named, setNamed] = useState('');
  const [turn, setTurn] = useState(0);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Refused>();
  const keyName = of.collection === 'roles' ? 'name' : 'id';
  const members = membersOf(schema, root).filter(({ name }) => name !== keyName);
  const target = id ?? named.trim();
  const save = async (): Promise<void> => {
    if (draft.value === undefined || of.put === undefined || target === '') return;
    setBusy(true);
    const answer = await of.put(target, draft.value);
    setBusy(false);
    setFailed(answer.ok ? undefined : new Refused(answer.problem, answer.requestId));
    if (!answer.ok) return;
    await queries.invalidateQueries();
    onSaved(target);
  };
  return (
    <form
      className="grid gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      {failed === undefined ? null : <Failure error={failed} />}
      {id === undefined ? (
        <TextField
          label={keyName === 'id' ? 'Id' : 'Name'}
          hint="Chosen once"
          required
          value={named}
          onChange={(event) => setNamed(event.target.value)}
        />
      ) : null}
      <div className="grid items-start gap-6 xl:grid-cols-2">
        <fieldset disabled={draft.value === undefined} className="min-w-0">
          <legend className="sr-only">Form</legend>
          <SchemaForm
            // The text is the other side of the same thing: what is typed there begins the form anew.
            key={turn}
            members={members}
            value={draft.value ?? {}}
            faults={faultsOf(failed?.problem)}
            onChange={(value) => setDraft(draftOf(value))}
          />
        </fieldset>
        <TextArea
          label="Text"
          hint="YAML or JSON; the same as on the other side."
          fault={draft.broken}
          rows={Math.min(40, Math.max(14, draft.text.split('\n').length + 1))}
          className="font-mono text-[0.9rem] leading-relaxed"
          value={draft.text}
          onChange={(event) => (setDraft(draftOfText(event.target.value)), setTurn(turn + 1))}
        />
      </div>
      <div className="flex gap-3">
        <Button type="submit" look="primary" disabled={busy || draft.value === undefined || target === ''}>
          Save
        </Button>
      </div>
    </form>
  );
}

/** Writes an object of any collection by a form and as text; what the hub finds wrong stands at its field. */
export function ObjectEdit<Item extends object>(props: Of<Item>) {
  const root = useConfigSchema();
  if (root.error !== null) return <Failure error={root.error} />;
  if (root.data === undefined) return <Loading lines={8} />;
  const schema = itemSchema(root.data, props.of.collection ?? '');
  if (schema === undefined) return <Failure error="The hub does not describe this collection." />;
  const { id: _, ...start } = configOf(props.start, schema);
  return <Writing {...props} start={start} schema={schema} root={root.data} />;
}
