import { useState, type ReactNode } from 'react';
import type { Problem } from '@writ/admin-api';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { Failure } from '../ui/notice.tsx';
import { Refused } from '../api/refused.ts';

const HOUR = 3_600_000;
const SPANS: readonly (readonly [value: string, text: string])[] = [
  ['', 'when somebody lets it go'],
  [String(HOUR), 'by itself, in an hour'],
  [String(8 * HOUR), 'by itself, in eight hours'],
  [String(24 * HOUR), 'by itself, in a day'],
  [String(168 * HOUR), 'by itself, in a week'],
];

export type Done = { ok: true } | { ok: false; problem: Problem; requestId?: string | undefined };

/**
 * Asks before a deed that breaks something: what it breaks stands there, and the name has to be typed. `reason`: asks why as well, for the
 * record. Closes itself when the hub did it; shows the hub's words when not.
 */
export function Confirm({
  open,
  onClose,
  title,
  name,
  what,
  verb,
  reason = false,
  ends = false,
  act,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  /** What has to be typed; absent: a button is enough, because nothing is broken. */
  name?: string;
  what: ReactNode;
  verb: string;
  /** `needed`: nothing is done without one. */
  reason?: boolean | 'needed';
  /** Asks when it ends by itself. */
  ends?: boolean;
  /** `until`: in milliseconds, where an end was chosen. */
  act: (reason: string | undefined, until: number | undefined) => Promise<Done>;
}) {
  const [typed, setTyped] = useState('');
  const [why, setWhy] = useState('');
  const [span, setSpan] = useState('');
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Refused>();
  const close = (): void => {
    setTyped('');
    setWhy('');
    setSpan('');
    setFailed(undefined);
    onClose();
  };
  const run = async (): Promise<void> => {
    setBusy(true);
    const done = await act(why.trim() === '' ? undefined : why.trim(), span === '' ? undefined : Date.now() + Number(span));
    setBusy(false);
    if (done.ok) close();
    else setFailed(new Refused(done.problem, done.requestId));
  };
  return (
    <Dialog open={open} onClose={close} title={title}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (name === undefined || typed.trim() === name) void run();
        }}
      >
        <div className="[overflow-wrap:anywhere]">{what}</div>
        {name === undefined ? null : (
          <TextField label={`Type ${name} to go on`} value={typed} onChange={(event) => setTyped(event.target.value)} />
        )}
        {reason === false ? null : (
          <TextField
            label="Reason, for the record"
            required={reason === 'needed'}
            value={why}
            maxLength={500}
            onChange={(event) => setWhy(event.target.value)}
          />
        )}
        {ends ? <SelectField label="It ends" value={span} options={SPANS} onChange={(event) => setSpan(event.target.value)} /> : null}
        {failed === undefined ? null : <Failure error={failed} />}
        <div className="flex justify-end gap-2">
          <Button onClick={close}>Keep as it is</Button>
          <Button
            type="submit"
            look={name === undefined ? 'primary' : 'danger'}
            disabled={busy || (name !== undefined && typed.trim() !== name) || (reason === 'needed' && why.trim() === '')}
          >
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
