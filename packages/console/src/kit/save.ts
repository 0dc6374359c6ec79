import { useQueryClient } from '@tanstack/react-query';
import type { Answer, Arguments, Operation } from '@writ/admin-api';
import { useState } from 'react';
import { ask } from '../api/client.ts';
import { Refused } from '../api/refused.ts';

/**
 * A deed by an operation of the API: whether it is under way, what the hub refused, and afterwards everything that is shown is read again,
 * because a deed may change more than what it names.
 */
export function useDeed<O extends Operation>(
  operation: O,
): { busy: boolean; failed: Refused | undefined; clear: () => void; run: (args: Arguments<O>) => Promise<Answer<O>> } {
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Refused>();
  return {
    busy,
    failed,
    clear: () => setFailed(undefined),
    async run(args) {
      setBusy(true);
      const answer = await ask(operation, args);
      setBusy(false);
      setFailed(answer.ok ? undefined : new Refused(answer.problem, answer.requestId));
      if (answer.ok) await queries.invalidateQueries();
      return answer;
    },
  };
}
