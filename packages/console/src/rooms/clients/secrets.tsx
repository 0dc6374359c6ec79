import { useState } from 'react';
import type { Value } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Command } from '../../ui/code.tsx';
import { TextField } from '../../ui/field.tsx';
import { Empty, Failure, Notice } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { Confirm } from '../../kit/confirm.tsx';
import { DataTable } from '../../kit/list-page.tsx';
import { useDeed } from '../../kit/save.ts';

type Client = Value<'getClientsById'>;

function New({ id }: { id: string }) {
  const [name, setName] = useState('');
  const [made, setMade] = useState<string>();
  const { run, failed, busy } = useDeed('postClientsByIdSecrets');
  const make = async (): Promise<void> => {
    const answer = await run({ path: { id }, body: { name } });
    if (answer.ok) setMade(answer.value.secret);
  };
  return (
    <form
      className="mt-4 grid max-w-xl gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      {failed === undefined ? null : <Failure error={failed} />}
      {made === undefined ? null : (
        <Notice tone="good" role="status">
          <p className="mb-1">Copy it now; it is never shown again.</p>
          <Command text={made} />
        </Notice>
      )}
      <div className="flex items-end gap-2">
        <TextField label="Name of a new secret" required maxLength={64} value={name} onChange={(event) => setName(event.target.value)} />
        <Button type="submit" disabled={busy || name === ''}>
          Make a secret
        </Button>
      </div>
    </form>
  );
}

/** Secrets of a client by name and age; never themselves. */
export function Secrets({ client }: { client: Client }) {
  const [ending, setEnding] = useState<string>();
  const end = useDeed('deleteClientsByIdSecretsBySecret');
  return (
    <>
      {client.secrets.length === 0 ? <Empty>It has no secret: it proves itself in another way, or not at all.</Empty> : null}
      {client.secrets.length === 0 ? null : (
        <DataTable
          label="secrets"
          items={client.secrets}
          keyOf={({ id }) => id}
          columns={[
            { title: 'Name', cell: ({ name }) => <bdi>{name}</bdi> },
            { title: 'State', cell: ({ state }) => <Word of={state} /> },
            { title: 'Made', from: 'sm', cell: ({ createdAt }) => <Time at={createdAt} /> },
            { title: 'Ends', from: 'sm', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
            {
              title: '',
              end: true,
              cell: ({ id, name, state }) =>
                state === 'active' ? (
                  <Button look="danger" onClick={() => setEnding(id)} aria-label={`End ${name}`}>
                    End
                  </Button>
                ) : null,
            },
          ]}
        />
      )}
      {client.registrationType === 'manual' ? <New id={client.id} /> : null}
      <Confirm
        open={ending !== undefined}
        onClose={() => setEnding(undefined)}
        title="End this secret"
        name={client.id}
        what="Whoever still uses it is refused from the next request on."
        verb="End it"
        act={async () => {
          const answer = await end.run({ path: { id: client.id, secret: ending ?? '' } });
          return answer.ok ? { ok: true } : answer;
        }}
      />
    </>
  );
}
