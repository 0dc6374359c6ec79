import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../../api/client.ts';
import { Refused } from '../../api/refused.ts';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { takenIn, type Taken } from './taken.ts';

/** Taking scopes from a grant, and giving them back: one click each. */
export function useNarrowing() {
  const queries = useQueryClient();
  const [taken, setTaken] = useState<readonly Taken[]>([]);
  const [failed, setFailed] = useState<Refused>();
  const [busy, setBusy] = useState(false);
  const settle = async (failure: Refused | undefined): Promise<void> => {
    setFailed(failure);
    await queries.invalidateQueries();
    setBusy(false);
  };
  return {
    taken,
    failed,
    busy,
    /** Of a narrowing that was asked for elsewhere: what the hub answered. */
    remember(grant: string, value: unknown): void {
      const one = takenIn(grant, value);
      if (one !== undefined) setTaken((before) => [...before, one]);
    },
    async take(grant: string, scopes: readonly string[]): Promise<void> {
      setBusy(true);
      const answer = await ask('postGrantsByIdNarrow', {
        path: { id: grant },
        body: { remove: [...scopes], reason: 'taken in the console' },
      });
      const one = answer.ok ? takenIn(grant, answer.value) : undefined;
      if (one !== undefined) setTaken((before) => [...before, one]);
      await settle(answer.ok ? undefined : new Refused(answer.problem, answer.requestId));
    },
    async giveBack({ grant, narrowing }: Taken): Promise<void> {
      setBusy(true);
      const answer = await ask('postGrantsByIdUndo', { path: { id: grant }, body: { narrowing } });
      if (answer.ok) setTaken((before) => before.filter((one) => one.narrowing !== narrowing));
      await settle(answer.ok ? undefined : new Refused(answer.problem, answer.requestId));
    },
  };
}

/** What was just taken, each with the way back. */
export function Undo({ of, busy, onUndo }: { of: readonly Taken[]; busy: boolean; onUndo: (taken: Taken) => void }) {
  return (
    <div role="status" className="grid gap-2">
      {of.map((one) => (
        <Notice key={one.narrowing} tone="good">
          <span className="flex flex-wrap items-center justify-between gap-3">
            <span className="min-w-0">
              {one.scopes.join(', ')} {one.scopes.length === 1 ? 'was' : 'were'} taken. Tokens that held it die within seconds; the agent
              may ask the person again.
            </span>
            <Button disabled={busy} onClick={() => onUndo(one)}>
              Give it back
            </Button>
          </span>
        </Notice>
      ))}
    </div>
  );
}
