import { useNavigate } from '@tanstack/react-router';
import { FLOW_TEMPLATES, type FlowGraph } from '@writ/flow';
import { useState, type SyntheticEvent } from 'react';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { idFrom, PURPOSE_WORDS } from './model/record.ts';

/** Name, id and purpose of a flow that is to be drawn; nothing is saved before there is something to save. */
export function NewFlow({ from, flows, onClose }: { from: string; flows: readonly FlowGraph[]; onClose: () => void }) {
  const navigate = useNavigate();
  const [begin, setBegin] = useState(from);
  const template = FLOW_TEMPLATES.find(({ id }) => id === begin);
  const [name, setName] = useState(template?.title ?? '');
  const [own, setOwn] = useState<string>();
  const [purpose, setPurpose] = useState('authorize');
  const id = own ?? idFrom(name);
  const fault = faultOf(
    id,
    flows.map((one) => one.id),
  );
  function submit(event: SyntheticEvent): void {
    event.preventDefault();
    if (fault !== undefined) return;
    void navigate({ to: '/flows/$id', params: { id: 'new' }, search: { id, name, purpose, from: begin } });
  }
  return (
    <Dialog open onClose={onClose} title="New flow">
      <form className="grid gap-4" onSubmit={submit}>
        <SelectField
          label="Begin with"
          value={begin}
          options={[
            ['', 'Nothing'],
            ...FLOW_TEMPLATES.map((one) => [one.id, one.title] as const),
            ...flows.map((one) => [`flow:${one.id}`, `A copy of ${one.name ?? one.id}`] as const),
          ]}
          onChange={({ target }) => {
            setBegin(target.value);
            // A name that nobody typed follows the template.
            if (name === (template?.title ?? '')) setName(FLOW_TEMPLATES.find((one) => one.id === target.value)?.title ?? '');
          }}
        />
        <TextField label="Name" value={name} maxLength={120} required onChange={({ target }) => setName(target.value)} />
        <TextField
          label="Id"
          hint="It stands in the config and in the record, and stays."
          value={id}
          fault={name === '' && own === undefined ? undefined : fault}
          onChange={({ target }) => setOwn(target.value)}
        />
        {begin === '' ? (
          <SelectField
            label="Purpose"
            value={purpose}
            options={Object.entries(PURPOSE_WORDS)}
            onChange={({ target }) => setPurpose(target.value)}
          />
        ) : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={fault !== undefined}>
            Draw it
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function faultOf(id: string, taken: readonly string[]): string | undefined {
  if (!/^[A-Za-z0-9][\w.:-]{0,99}$/.test(id)) return 'Letters, digits and . _ : -';
  if (id === 'new') return 'This word has a meaning here.';
  return taken.includes(id) ? 'There is a flow of this id already.' : undefined;
}
