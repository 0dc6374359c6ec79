import { useState } from 'react';
import { TextArea } from '../../ui/field.tsx';
import { Notice } from '../../ui/notice.tsx';
import { draftOfText, type Draft } from '../../kit/text-draft.ts';
import { ruleDraft, type Judged } from './draft.ts';
import { RuleForm } from './rule-form.tsx';
import { sentenceOf } from './sentence.ts';

/** What the rule says, in a sentence, as it is being written; or the first thing that keeps it from being a rule. */
export function Said({ judged: { draft, parsed }, isUntouched }: { judged: Judged; isUntouched: boolean }) {
  const first = parsed?.ok === false ? parsed.errors[0] : undefined;
  return (
    <div role="status" aria-label="In plain words" className="mb-5">
      {parsed?.ok === true ? (
        <p className="border-l-4 border-accent bg-sheet px-4 py-3 font-serif text-[1.15rem] leading-snug [overflow-wrap:anywhere]">
          {sentenceOf(parsed.rule)}
        </p>
      ) : isUntouched ? (
        <Notice>Fill the form in, or write the text beside it: what the rule says then stands here in plain words.</Notice>
      ) : (
        <Notice tone="care">
          {draft.broken === undefined ? (
            <>
              Not a rule yet: <code>{first?.path === '' ? 'rule' : first?.path}</code> {first?.message}
            </>
          ) : (
            <>The text cannot be read: {draft.broken}</>
          )}
        </Notice>
      )}
    </div>
  );
}

/** Form and text of one rule side by side: what is changed on one side is changed on the other. */
export function Editor({
  judged,
  isNew,
  isUntouched,
  onDraft,
}: {
  judged: Judged;
  isNew: boolean;
  /** Nobody has written anything yet: an empty form is no mistake. */
  isUntouched: boolean;
  onDraft: (draft: Draft) => void;
}) {
  const { draft, parsed } = judged;
  const [last, setLast] = useState(draft.value ?? {});
  const faults = parsed?.ok === false && !isUntouched ? parsed.errors : [];
  const shown = draft.value ?? last;
  if (draft.value !== undefined && draft.value !== last) setLast(draft.value);
  return (
    <div className="grid items-start gap-6 xl:grid-cols-2">
      <fieldset disabled={draft.value === undefined} className="min-w-0">
        <legend className="sr-only">Form</legend>
        <RuleForm isNew={isNew} value={shown} faults={faults} onChange={(value) => onDraft(ruleDraft(value))} />
      </fieldset>
      <div className="min-w-0 xl:sticky xl:top-4">
        <TextArea
          label="Text"
          hint="YAML or JSON. Groups of conditions (any, all, not) are written here."
          fault={draft.broken}
          rows={Math.min(34, Math.max(18, draft.text.split('\n').length + 1))}
          className="font-mono text-[0.9rem] leading-relaxed"
          value={draft.text}
          onChange={(event) => onDraft(draftOfText(event.target.value))}
        />
        {faults.length === 0 ? null : (
          <ul className="mt-2 grid gap-1 text-[0.9rem] text-high" aria-label="Faults">
            {faults.map(({ path, message }) => (
              <li key={`${path} ${message}`} className="[overflow-wrap:anywhere]">
                <code>{path === '' ? 'rule' : path}</code> {message}
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
