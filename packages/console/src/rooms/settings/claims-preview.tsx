import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { Value } from '../../api/use-read.ts';
import { Button } from '../../ui/button.tsx';
import { TextArea } from '../../ui/field.tsx';
import { Failure, Notice } from '../../ui/notice.tsx';
import { AnyFacts } from '../../kit/any-facts.tsx';
import { draftOfText, type Fields } from '../../kit/text-draft.ts';

type Preview = Value<'postIssuersByIdPreview'>;

const START = 'sub: "1234"\nemail: ann@example.com\nname: Ann\n';

/** Which user, attributes and roles some claims would lead to: tried before anybody comes with them. */
export function ClaimsPreview({ run }: { run: (claims: Fields) => Promise<Preview> }) {
  const [draft, setDraft] = useState(() => draftOfText(START));
  const preview = useMutation({ mutationFn: () => run(draft.value ?? {}) });
  const found = preview.data;
  return (
    <div className="grid items-start gap-6 xl:grid-cols-2">
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          preview.mutate();
        }}
      >
        <TextArea
          label="Claims"
          hint="YAML or JSON, as the provider would say them. Nothing is kept."
          fault={draft.broken}
          rows={10}
          className="font-mono text-[0.9rem]"
          value={draft.text}
          onChange={(event) => setDraft(draftOfText(event.target.value))}
        />
        <Button type="submit" look="primary" className="justify-self-start" disabled={draft.value === undefined || preview.isPending}>
          Try
        </Button>
      </form>
      <div className="grid gap-3">
        {preview.error === null ? null : <Failure error={preview.error} />}
        {found === undefined ? null : (
          <>
            <Notice tone={found.deed === 'refused' ? 'bad' : 'good'} role="status">
              {found.deed}
              {found.sentence === null ? '' : `: ${found.sentence}`}
            </Notice>
            {found.user === null ? null : (
              <AnyFacts of={{ ...found.user, rolesGiven: found.rolesGiven, attributesGiven: found.attributesGiven }} />
            )}
          </>
        )}
      </div>
    </div>
  );
}
