import { useState } from 'react';
import type { Value } from '../../api/use-read.ts';
import { Button } from '../../ui/button.tsx';
import { Command } from '../../ui/code.tsx';
import { TextField } from '../../ui/field.tsx';
import { Failure, Notice } from '../../ui/notice.tsx';
import { useDeed } from '../../kit/save.ts';

type Connection = Value<'getConnectionsById'>;

/** A link by which one person connects one account, once. */
export function ConnectLink({ of: { id, owners } }: { of: Connection }) {
  const [user, setUser] = useState('');
  const [tenant, setTenant] = useState('');
  const [made, setMade] = useState<string>();
  const { run, failed, busy } = useDeed('postConnectionsByIdConnect');
  const make = async (): Promise<void> => {
    const body = { ...(user === '' ? {} : { user }), ...(tenant === '' ? {} : { tenant }) };
    const answer = await run({ path: { id }, body });
    if (answer.ok) setMade('connect_url' in answer.value ? answer.value.connect_url : 'connected');
  };
  return (
    <form
      className="grid max-w-xl gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <p className="text-soft">Credentials here belong to: {owners.join(', ')}.</p>
      {failed === undefined ? null : <Failure error={failed} />}
      <TextField label="User whose account it will be" value={user} onChange={(event) => setUser(event.target.value.trim())} />
      <TextField label="Tenant, where it belongs to one" value={tenant} onChange={(event) => setTenant(event.target.value.trim())} />
      <Button type="submit" look="primary" className="justify-self-start" disabled={busy || (user === '' && tenant === '')}>
        Make a link
      </Button>
      {made === undefined ? null : (
        <Notice tone="good" role="status">
          {made === 'connected' ? 'Connected: this service needs no person.' : <Command text={made} />}
        </Notice>
      )}
    </form>
  );
}
