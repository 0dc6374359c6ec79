import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../../api/client.ts';
import { Refused } from '../../api/refused.ts';
import type { Value } from '../../api/use-read.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { Failure } from '../../ui/notice.tsx';

/** Says until when a grant is good: nearer than it was, never later. Tokens that would outlive it die by signal. */
export function GrantEnd({ of }: { of: Value<'getGrantsById'> }) {
  const [open, setOpen] = useState(false);
  const [day, setDay] = useState('');
  const [failed, setFailed] = useState<Refused>();
  const queries = useQueryClient();
  if (of.state === 'revoked') return null;
  const run = async (): Promise<void> => {
    const answer = await ask('postGrantsByIdEnd', {
      path: { id: of.id },
      body: { expiresAt: Date.parse(`${day}T23:59:59Z`), reason: 'said in the console' },
    });
    setFailed(answer.ok ? undefined : new Refused(answer.problem, answer.requestId));
    if (!answer.ok) return;
    setOpen(false);
    await queries.invalidateQueries();
  };
  return (
    <>
      <Button onClick={() => setOpen(true)}>Until when</Button>
      <Dialog open={open} onClose={() => setOpen(false)} title="Until when it is good">
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            void run();
          }}
        >
          <TextField
            label="Last day (UTC)"
            type="date"
            hint="It can be brought nearer, not put off: only the person can allow it for longer."
            value={day}
            onChange={(event) => setDay(event.target.value)}
          />
          {failed === undefined ? null : <Failure error={failed} />}
          <Button type="submit" look="primary" className="justify-self-end" disabled={day === ''}>
            Let it end
          </Button>
        </form>
      </Dialog>
    </>
  );
}
