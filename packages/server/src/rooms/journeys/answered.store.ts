import type { Arrived, CompiledFlow, GraphNode, NodeEvent } from '@writ/flow';
import type { Session, User } from '../users/user.ts';
import type { JourneysDeps, Posted, Visit } from './deps.store.ts';
import type { Dossier } from './dossier.store.ts';
import type { Journey } from './journey.ts';

/** What a posted page means to the flow. */
export type Answered =
  | {
      kind: 'event';
      event: NodeEvent | Arrived;
      signedIn?: { session: Session; user: User; cookie: string };
      browserCookie?: string;
      dossier?: Dossier;
    }
  /** The browser goes to somebody else's page and comes back. */
  | { kind: 'away'; location: string; cookies: readonly string[] }
  /** No page of ours at this place could have sent that. */
  | { kind: 'impossible'; reason: string };

/** A page of one node that came back. */
export type Occasion = { journey: Journey; flow: CompiledFlow; node: GraphNode; visit: Visit; posted: Posted };
export type Handler = (deps: JourneysDeps, of: Occasion) => Promise<Answered> | Answered;

export const event = (of: NodeEvent | Arrived): Answered => ({ kind: 'event', event: of });
export const impossible = (reason: string): Answered => ({ kind: 'impossible', reason });
