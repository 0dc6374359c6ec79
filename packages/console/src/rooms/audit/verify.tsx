import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { read } from '../../api/client.ts';
import { Button } from '../../ui/button.tsx';
import { Command } from '../../ui/code.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Failure, Loading, Notice } from '../../ui/notice.tsx';

/** Recomputes the chains in the hub, and says how to do the same without trusting the hub. */
export function Verify() {
  const [open, setOpen] = useState(false);
  const run = useMutation({ mutationFn: () => read('getEventsVerify', {}) });
  const broken = run.data?.firstBroken;
  return (
    <>
      <Button
        onClick={() => {
          setOpen(true);
          run.mutate();
        }}
      >
        Verify
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title="Is the record whole?">
        <div className="grid gap-4">
          {run.isPending ? <Loading lines={2} /> : null}
          {run.error === null ? null : <Failure error={run.error} />}
          {run.data?.ok === true ? (
            <Notice tone="good" role="status">
              The record is whole: {run.data.checked.toLocaleString('en')} entries recomputed just now.
            </Notice>
          ) : null}
          {broken === undefined ? null : (
            <Notice tone="bad" role="alert">
              The record was tampered with: chain {broken.chain === '' ? 'of the hub' : broken.chain}, entry {broken.seq}, {broken.fault}.
            </Notice>
          )}
          <p className="text-soft">The hub says this of itself. To check without it, export and verify elsewhere:</p>
          <Command text="writ audit export > record.ndjson && writ audit verify record.ndjson" />
        </div>
      </Dialog>
    </>
  );
}
