import type { Clock } from '../../base/clock.ts';
import type { Database, Tx } from '../../base/db.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { EventOrigin } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import type { CodeFacts } from '../tokens/facts.ts';
import type { SecondFactors } from '../users/factors.store.ts';
import type { Join } from '../users/join.store.ts';
import type { Login } from '../users/login.store.ts';
import type { Passkeys } from '../users/passkey.store.ts';
import type { Reset } from '../users/reset.store.ts';
import type { AccountSetting } from '../users/setting.ts';
import type { Sessions } from '../users/session.store.ts';
import type { Session, User } from '../users/user.ts';
import type { DossierDeps } from './dossier.store.ts';
import type { AuthoredParts } from './effects/parts.store.ts';
import type { Journey } from './journey.ts';
import type { TenantDeps } from './tenants.store.ts';
import type { View } from './view.ts';
import type { FlowChoice, FlowVersionOf, WaysOut, World } from './world.ts';

export type IssueCode = (tx: Tx, facts: CodeFacts & { clientId: string }, now: number) => Promise<string>;

export type JourneysDeps = DossierDeps &
  TenantDeps & {
    database: Database;
    audit: Audit;
    clock: Clock;
    issuer: string;
    /** Seals what calls of a journey bring. */
    box: SecretBox;
    login: Login;
    join: Pick<Join, 'registration' | 'sendJoinCode' | 'register'>;
    reset: Pick<Reset, 'request'>;
    sessions: Pick<Sessions, 'start'>;
    factors: SecondFactors;
    passkeys: Pick<Passkeys, 'login' | 'second' | 'proveAlone' | 'proveSecond'>;
    /** Whether everybody has to have a second factor, as set at this moment. */
    secondFactor(): AccountSetting['secondFactor'];
    issueCode: IssueCode;
    flows: { choose: FlowChoice; version: FlowVersionOf };
    world: World;
    waysOut: WaysOut;
    authored: AuthoredParts;
    /** Counts consents for the metrics. */
    observe(result: 'granted' | 'narrowed' | 'denied' | 'remembered' | 'first_party' | 'tenant'): void;
  };

/** The session that the browser of this request holds, if any. */
export type Held = { session: Session; user: User } | undefined;
/** `browser`: the secret by which this browser may be remembered. `partial`: there is a session, and it is not good for the page that is asked for. */
export type Visit = { held: Held; origin: EventOrigin; browser?: string | undefined; partial?: true };

/**
 * What was on the page that came back. `turn`: of which page; an older one moves nothing. `scopes`, `persistent`, `remember`: the boxes ticked.
 * `fields`: those that the author of a flow named, without their prefix.
 */
export type Posted = {
  turn: number;
  action: string;
  email?: string | undefined;
  password?: string | undefined;
  code?: string | undefined;
  name?: string | undefined;
  tenant?: string | undefined;
  scopes: readonly string[];
  persistent: boolean;
  /** So many days, or `open`. */
  until?: string | undefined;
  remember?: boolean;
  /** What the browser made of a passkey, as JSON. */
  credential?: string | undefined;
  fields: Readonly<Record<string, string>>;
};

/** `left`: the journey is over, go there; `away`: it is not, and goes on when the browser comes back. `gone`: this page can do nothing any more; the reason is a word for auditors. */
export type End = { kind: 'left'; location: string } | { kind: 'gone'; reason: string };

/**
 * What a request to a journey came to. `secret` is the new content of the browser's journey cookie, `sessionCookie` of its session's, `browserCookie` of the one
 * by which it is remembered.
 * `moved`: look at the page by GET. Never a page itself: only looking shows one.
 */
export type Turn = { secret?: string; sessionCookie?: string; browserCookie?: string } & (
  | { kind: 'moved'; journey: Journey }
  | { kind: 'away'; location: string; cookies: readonly string[] }
  | End
);

/** The page where the journey stands. */
export type Shown = { kind: 'shown'; journey: Journey; view: View };
