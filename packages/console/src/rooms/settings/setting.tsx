import { useState } from 'react';
import type { Answer, Operation } from '@writ/admin-api';
import { useQueryClient } from '@tanstack/react-query';
import { Refused } from '../../api/refused.ts';
import { Button } from '../../ui/button.tsx';
import { TextArea } from '../../ui/field.tsx';
import { Failure, Notice } from '../../ui/notice.tsx';
import { Card } from '../../kit/page.tsx';
import { draftOf, draftOfText, type Fields } from '../../kit/text-draft.ts';

/** One setting of the hub as text: few members, and the hub says what is wrong with each. */
export function Setting({
  title,
  sentence,
  value,
  put,
}: {
  title: string;
  sentence: string;
  value: object;
  put: (body: Fields) => Promise<Answer<Operation>>;
}) {
  const [draft, setDraft] = useState(() => draftOf(Object.fromEntries(Object.entries(value))));
  const [failed, setFailed] = useState<Refused>();
  const [saved, setSaved] = useState(draft.text);
  const queries = useQueryClient();
  const save = async (): Promise<void> => {
    if (draft.value === undefined) return;
    const answer = await put(draft.value);
    setFailed(answer.ok ? undefined : new Refused(answer.problem, answer.requestId));
    if (!answer.ok) return;
    setSaved(draft.text);
    await queries.invalidateQueries();
  };
  return (
    <Card>
      <h2 className="font-semibold">{title}</h2>
      <p className="mb-3 text-soft">{sentence}</p>
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextArea
          label={title}
          hideLabel
          fault={draft.broken}
          rows={draft.text.split('\n').length}
          className="font-mono text-[0.9rem]"
          value={draft.text}
          onChange={(event) => setDraft(draftOfText(event.target.value))}
        />
        {failed === undefined ? null : <Failure error={failed} />}
        <div className="flex items-center gap-3">
          <Button type="submit" look="primary" disabled={draft.value === undefined || draft.text === saved}>
            Save
          </Button>
          {draft.text === saved ? <span className="text-[0.9rem] text-soft">As it is in force.</span> : null}
        </div>
      </form>
      {failed === undefined ? null : <Notice tone="care">Nothing was changed.</Notice>}
    </Card>
  );
}
