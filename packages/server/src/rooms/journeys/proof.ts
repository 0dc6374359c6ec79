import type { JourneyProof } from '@writ/flow';
import type { Session } from '../users/user.ts';

/** A session as the flow sees it. */
export function proofOf({ id, userId, authTime, amr, acr, by }: Session): JourneyProof {
  return { userId, sessionId: id, authTime, amr, acr, by };
}
