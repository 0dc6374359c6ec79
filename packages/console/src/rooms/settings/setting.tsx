import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { askPath } from '../../api/by-path.ts';
import { faultsOf, Refused } from '../../api/refused.ts';
import { Button } from '../../ui/button.tsx';
import { TextArea } from '../../ui/field.tsx';
import { Failure } from '../../ui/notice.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { Confirm } from '../../kit/confirm.tsx';
import { Card } from '../../kit/page.tsx';
import { SchemaForm } from '../../kit/schema-form.tsx';
import { draftOf, draftOfText, type Draft, type Fields } from '../../kit/text-draft.ts';
import type { Of } from './all.ts';

function Inputs({ of, draft, failed, onDraft }: { of: Of; draft: Draft; failed: Refused | undefined; onDraft: (draft: Draft) => void }) {
  const [at, setAt] = useState('form');
  return (
    <Tabs
      label={`${of.title}: in which form`}
      at={draft.value === undefined ? 'text' : at}
      onAt={setAt}
      tabs={[
        {
          id: 'form',
          title: 'Form',
          body: () => (
            <SchemaForm
              members={of.members}
              value={draft.value ?? {}}
              faults={faultsOf(failed?.problem)}
              onChange={(value) => onDraft(draftOf(value))}
            />
          ),
        },
        {
          id: 'text',
          title: 'Text',
          body: () => (
            <TextArea
              label={of.title}
              hideLabel
              hint="YAML or JSON"
              fault={draft.broken}
              rows={Math.max(3, draft.text.split('\n').length)}
              className="font-mono text-[0.9rem]"
              value={draft.text}
              onChange={(event) => onDraft(draftOfText(event.target.value))}
            />
          ),
        },
      ]}
    />
  );
}

function Remove({ of }: { of: Of }) {
  const [open, setOpen] = useState(false);
  const queries = useQueryClient();
  return (
    <>
      <Button look="danger" aria-label={`Remove ${of.title}`} onClick={() => setOpen(true)}>
        Remove
      </Button>
      <Confirm
        open={open}
        onClose={() => setOpen(false)}
        title={`Remove: ${of.title.toLowerCase()}`}
        name={of.name}
        what="The hub goes on without it from now on. It can be set anew."
        verb="Remove"
        act={async () => {
          const answer = await askPath('DELETE', of.path);
          if (!answer.ok) return answer;
          await queries.invalidateQueries();
          return { ok: true };
        }}
      />
    </>
  );
}

function said({ isFailed, isSame, isThere }: { isFailed: boolean; isSame: boolean; isThere: boolean }): string {
  if (isFailed) return 'Nothing was changed.';
  if (!isSame) return 'Not saved yet.';
  return isThere ? 'As it is in force.' : 'There is none.';
}

/** One setting of the hub: by its form, or as text. What the hub finds wrong stands at its field. */
export function Setting({ of, value, isThere }: { of: Of; value: Fields; isThere: boolean }) {
  const [draft, setDraft] = useState(() => draftOf(value));
  const [failed, setFailed] = useState<Refused>();
  const [saved, setSaved] = useState(draft.text);
  const [busy, setBusy] = useState(false);
  const queries = useQueryClient();
  const save = async (): Promise<void> => {
    if (draft.value === undefined) return;
    setBusy(true);
    const answer = await askPath('PUT', of.path, draft.value);
    setBusy(false);
    setFailed(answer.ok ? undefined : new Refused(answer.problem, answer.requestId));
    if (!answer.ok) return;
    setSaved(draft.text);
    await queries.invalidateQueries();
  };
  const isSame = draft.text === saved;
  return (
    <Card>
      <div className="flex items-start justify-between gap-3">
        <h2 className="font-semibold">{of.title}</h2>
        {/* Not within the form: what is sent in its window would be sent by the form as well. */}
        {of.isRemovable && isThere ? <Remove of={of} /> : null}
      </div>
      <p className="mb-2 text-soft">{of.sentence}</p>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Inputs of={of} draft={draft} failed={failed} onDraft={setDraft} />
        {failed === undefined ? null : <Failure error={failed} />}
        <div className="flex items-center gap-3">
          <Button type="submit" look="primary" aria-label={`Save ${of.title}`} disabled={busy || draft.value === undefined || isSame}>
            Save
          </Button>
          <span role="status" className="text-[0.9rem] text-soft">
            {said({ isFailed: failed !== undefined, isSame, isThere })}
          </span>
        </div>
      </form>
    </Card>
  );
}
