import type { Proof } from '@writ/flow';
import type { Session } from '../users/user.ts';

/** A session as the flow sees it. */
export function proofOf(session: Session): Proof {
  return { userId: session.userId, sessionId: session.id, authTime: session.authTime, amr: session.amr, acr: session.acr };
}
