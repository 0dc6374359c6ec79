import type { Inbound } from '../../base/http/message.ts';
import { fail, type Result } from '../../base/result.ts';
import type { AccessToken } from './access.ts';
import { presentedIn, type HolderFault, type Holding } from './presented.http.ts';

/**
 * Why a request's token opens nothing. `none`: there was none. `malformed`: the header is no scheme and token. `bad`: the token is no good. `holder`: it would
 * be good in other hands. The reason is for the record; of a request that brought nothing there is none.
 */
export type BearerFault =
  | { kind: 'none'; reason: undefined }
  | { kind: 'malformed' | 'bad'; reason: string }
  | { kind: 'holder'; reason: string; fault: HolderFault };

/** `judge`: whether the token is good where it was brought. */
export type BearerDeps<Token> = { judge(jwt: string, now: number): Promise<Result<Token, string>>; holding: Holding };

/**
 * The token that a request to the hub itself brings: read, judged, and then its key proved. In this order, because a proof is good once: it is not burnt for
 * a token that is no good.
 */
export async function provedToken<Token extends Pick<AccessToken, 'claims'>>(
  { judge, holding }: BearerDeps<Token>,
  request: Inbound,
  now: number,
): Promise<Result<Token, BearerFault>> {
  if (request.header('authorization') === undefined) return fail({ kind: 'none', reason: undefined });
  const presented = presentedIn(request);
  if (presented === undefined) return fail({ kind: 'malformed', reason: 'malformed_authorization' });
  const judged = await judge(presented.token, now);
  if (!judged.ok) return fail({ kind: 'bad', reason: judged.error });
  const held = await holding(request, presented, judged.value.claims, now);
  return held.ok ? judged : fail({ kind: 'holder', reason: held.error.reason, fault: held.error });
}
