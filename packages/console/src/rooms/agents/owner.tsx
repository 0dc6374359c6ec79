import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../../api/client.ts';
import { Refused } from '../../api/refused.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { Failure } from '../../ui/notice.tsx';
import { KnownIds } from '../../kit/known-ids.tsx';
import type { AgentDetail } from './columns.tsx';

/** Says who answers for an agent. Freezing because an owner left ends by giving a new one, and unfreezing. */
export function OwnerButton({ of: { id, owner } }: { of: AgentDetail }) {
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState('');
  const [failed, setFailed] = useState<Refused>();
  const [busy, setBusy] = useState(false);
  const queries = useQueryClient();
  const close = (): void => (setOpen(false), setFailed(undefined));
  const give = async (to: string | null): Promise<void> => {
    setBusy(true);
    const answer = await ask('putAgentsByIdOwner', { path: { id }, body: { owner: to } });
    setBusy(false);
    if (!answer.ok) return setFailed(new Refused(answer.problem, answer.requestId));
    close();
    await queries.invalidateQueries();
  };
  return (
    <>
      <Button onClick={() => (setTyped(owner?.id ?? ''), setOpen(true))}>Owner</Button>
      <Dialog open={open} onClose={close} title="Who answers for it">
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            if (typed.trim() !== '') void give(typed.trim());
          }}
        >
          <KnownIds id="known-users" room="users" />
          <TextField
            label="Id of a user"
            list="known-users"
            hint="Active, and in the tenant of the agent where it has one. When this person leaves, the agent is stopped and waits for another."
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
          {failed === undefined ? null : <Failure error={failed} />}
          <div className="flex flex-wrap justify-end gap-2">
            {owner === null ? null : (
              <Button look="danger" disabled={busy} onClick={() => void give(null)}>
                Nobody
              </Button>
            )}
            <Button type="submit" look="primary" disabled={busy || typed.trim() === '' || typed.trim() === owner?.id}>
              Give it to them
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}
