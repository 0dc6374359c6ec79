import type { FlowEvent } from '@writ/flow';
import type { Session, User } from '../users/user.ts';
import type { JourneysDeps, Posted, Visit } from './deps.store.ts';
import type { Dossier } from './dossier.store.ts';
import type { Journey } from './journey.ts';

/** What a posted page means to the flow. */
export type Answered =
  | {
      kind: 'event';
      event: FlowEvent;
      signedIn?: { session: Session; user: User; cookie: string };
      browserCookie?: string;
      dossier?: Dossier;
    }
  /** No page of ours at this place could have sent that. */
  | { kind: 'impossible'; reason: string };

export type Handler = (deps: JourneysDeps, journey: Journey, visit: Visit, posted: Posted) => Promise<Answered> | Answered;

export const event = (of: FlowEvent): Answered => ({ kind: 'event', event: of });
export const impossible = (reason: string): Answered => ({ kind: 'impossible', reason });
