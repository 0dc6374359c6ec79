import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { read } from '../../api/client.ts';
import type { Value } from '../../api/use-read.ts';
import { Button } from '../../ui/button.tsx';
import { TextArea } from '../../ui/field.tsx';
import { Failure, Notice } from '../../ui/notice.tsx';
import { DataTable } from '../../kit/list-page.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import { Section } from '../../kit/page.tsx';

type Check = Value<'postIssuersCheck'>;

function Found({ of }: { of: Check }) {
  return (
    <div className="grid gap-3">
      <Notice tone={of.verdict.ok ? 'good' : 'bad'} role="status">
        {of.verdict.sentence}
      </Notice>
      {of.issuers.length === 0 ? null : (
        <DataTable
          label="issuer by issuer"
          items={of.issuers}
          keyOf={({ issuer, purpose }) => `${issuer} ${purpose}`}
          columns={[
            { title: 'Issuer', cell: ({ issuer }) => <ObjectLink room="issuers" id={issuer} /> },
            { title: 'For', cell: ({ purpose }) => purpose },
            { title: 'Fits', cell: ({ matches, sentence, reason }) => (matches ? 'yes' : (sentence ?? reason ?? 'no')) },
          ]}
        />
      )}
      {of.clients.length === 0 ? null : (
        <DataTable
          label="client by client"
          items={of.clients}
          keyOf={({ client, issuer }) => `${client} ${issuer}`}
          columns={[
            { title: 'Client', cell: ({ client }) => <ObjectLink room="clients" id={client} /> },
            { title: 'Fits', cell: ({ matches, sentence, reason }) => (matches ? 'yes' : (sentence ?? reason ?? 'no')) },
          ]}
        />
      )}
    </div>
  );
}

/** Why a JWT of a workload fits or not: pasted, judged, and neither kept nor used up. */
export function JwtCheck() {
  const [jwt, setJwt] = useState('');
  const check = useMutation({ mutationFn: () => read('postIssuersCheck', { body: { jwt: jwt.trim() } }) });
  return (
    <Section title="Does this JWT fit?">
      <form
        className="mb-3 grid max-w-3xl gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          check.mutate();
        }}
      >
        <TextArea label="JWT" rows={3} className="font-mono text-[0.86rem]" value={jwt} onChange={(event) => setJwt(event.target.value)} />
        <Button type="submit" className="justify-self-start" disabled={jwt.trim() === '' || check.isPending}>
          Check it
        </Button>
      </form>
      {check.error === null ? null : <Failure error={check.error} />}
      {check.data === undefined ? null : <Found of={check.data} />}
    </Section>
  );
}
