import type { Answer, Operation } from '@writ/admin-api';
import type { ReactNode } from 'react';
import type { Deed } from '../../kit/spec.ts';

type Run = (id: string, reason: string | undefined) => Promise<Answer<Operation>>;
type Freeze = (id: string, body: { reason: string; until?: number }) => Promise<Answer<Operation>>;

/** What the record says where nobody typed a reason. */
export const REASON = 'from the console';

/** Freeze, unfreeze, revoke: the same three for whatever can be stopped. */
export function stopDeeds<Item extends { state: string }>(of: {
  what: ReactNode;
  freeze: Freeze;
  unfreeze: Run;
  revoke?: Run;
}): readonly Deed<Item>[] {
  const { revoke } = of;
  return [
    {
      verb: 'Freeze',
      fits: ({ state }) => state === 'active',
      run: (id, reason = REASON, until) => of.freeze(id, { reason, ...(until === undefined ? {} : { until }) }),
      breaks: <>{of.what} It can be undone.</>,
      reason: true,
      ends: true,
    },
    { verb: 'Unfreeze', fits: ({ state }) => state === 'frozen', run: of.unfreeze, reason: true, tell: tellWaiting },
    ...(revoke === undefined
      ? []
      : [
          {
            verb: 'Revoke',
            fits: ({ state }: Item) => state !== 'revoked',
            run: revoke,
            breaks: <>{of.what} It is final.</>,
            isFinal: true,
            reason: true,
          },
        ]),
  ];
}

/** Where letting go takes two, the answer is a request that waits. */
function tellWaiting(value: unknown): ReactNode {
  if (typeof value !== 'object' || value === null || !('unfreeze' in value)) return undefined;
  return <p>It is still frozen: letting it go takes a second person. They find your request under Stopped.</p>;
}
