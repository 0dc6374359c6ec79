import type { Clock } from './clock.ts';
import type { TokenSource } from './guarded-fetch.ts';
import type { Outcome, Token } from './outcome.ts';
import type { TokenDoor } from './token-door.ts';

export type SessionOptions = {
  /** Called with each new token before it is used: refresh tokens are used once, so whoever keeps them must keep the newest. */
  readonly onChange?: (token: Token) => void | Promise<void>;
};

type Parts = { readonly resource: string; readonly token: Token; readonly door: TokenDoor; readonly clock: Clock };

/** Milliseconds before its end at which a token is renewed. */
const LEEWAY = 30_000;

/** Nothing but a new login helps. */
const OVER: Outcome = {
  kind: 'stepUpRequired',
  by: 'hub',
  acrValues: [],
  maxAge: undefined,
  scope: [],
  description: 'the login is over',
};

/** A user's tokens: the access token while it is good, then a new one by the refresh token, one request at a time. */
export function createSession({ resource, token, door, clock }: Parts, { onChange }: SessionOptions): TokenSource {
  let current = token;
  let dropped: string | undefined;
  let running: Promise<Outcome> | undefined;

  const renew = async (): Promise<Outcome> => {
    const outcome = await door.ask({ grant_type: 'refresh_token', refresh_token: current.refreshToken });
    if (outcome.kind !== 'token') return outcome;
    // RFC 6749 §6: an answer without a refresh token leaves the old one in use.
    current = { ...outcome.token, refreshToken: outcome.token.refreshToken ?? current.refreshToken };
    await onChange?.(current);
    return { kind: 'token', token: current };
  };

  return {
    resource,
    async get() {
      const isGood = current.expiresAt === undefined || current.expiresAt - LEEWAY > clock();
      if (isGood && current.accessToken !== dropped) return { kind: 'token', token: current };
      if (current.refreshToken === undefined) return OVER;
      running ??= renew().finally(() => {
        running = undefined;
      });
      return running;
    },
    drop: (accessToken) => {
      dropped = accessToken;
    },
  };
}
