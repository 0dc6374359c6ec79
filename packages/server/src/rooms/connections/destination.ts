import { withProvider } from './catalogue.ts';
import type { ConnectionConfig } from './config.ts';
import type { Connection } from './connection.ts';
import { isOwnAccount } from './kinds.ts';

/** Origins that get secrets of a connection: who calls it, who is asked to renew, who is told that a token is given up. */
type Destinations = { calls: string | undefined; tokens: string | undefined; revocation: string | undefined };

export type Moved = { field: 'baseUrl' | 'tokenUrl' | 'revocationUrl' | 'clientSecret'; message: string };

const HELD = 'its credentials would go to another host now; remove them first, or make another connection';
const AGAIN = 'it would go somewhere else now, so it has to be given again';

/**
 * Why a connection cannot become what its author wants: what was entrusted to one service would be sent to another. Whoever may write connections
 * reads no secret, and with an address of their own in one they would. `held`: how many secrets of others there are.
 */
export function movedFault(before: Connection, { clientSecret, ...input }: ConnectionConfig, held: number): Moved | undefined {
  const { hasSecret, state, version, createdAt } = before;
  const was = destinationsOf(withProvider(before));
  const now = destinationsOf(withProvider({ ...input, hasSecret, state, version, createdAt }));
  const moves = {
    // Where nothing was called nobody calls; what was called goes nowhere else, also not by way of nowhere.
    baseUrl: was.calls !== undefined && was.calls !== now.calls,
    tokenUrl: was.tokens !== now.tokens,
    revocationUrl: now.revocation !== undefined && now.revocation !== was.revocation && now.revocation !== was.tokens,
  };
  const fields = ['baseUrl', 'tokenUrl', 'revocationUrl'] as const;
  const field = fields.find((name) => moves[name]);
  if (held > 0 && field !== undefined) return { field, message: HELD };
  // An MCP server says itself who gets our secret, whatever token endpoint is written beside it.
  // A key that signs goes nowhere; as a client secret it would.
  const signed = (before.grant === 'jwt_bearer') !== (input.grant === 'jwt_bearer');
  const other = signed || before.type !== input.type || (before.type === 'mcp' && originOf(before.url) !== originOf(input.url));
  // What the hub gets for itself goes to whoever is called.
  const ours = moves.tokenUrl || moves.revocationUrl || other || (isOwnAccount(before) && was.calls !== now.calls);
  return hasSecret && clientSecret === undefined && ours ? { field: 'clientSecret', message: AGAIN } : undefined;
}

function destinationsOf({ baseUrl, url, allowedHosts, tokenUrl, revocationUrl }: Connection): Destinations {
  // As the proxy does: one allowed host without a base is one.
  const only = allowedHosts.length === 1 ? `https://${allowedHosts[0] ?? ''}` : undefined;
  return { calls: originOf(baseUrl ?? url ?? only), tokens: originOf(tokenUrl), revocation: originOf(revocationUrl) };
}

function originOf(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  return URL.canParse(url) ? new URL(url).origin : url;
}
