import { digest } from './dpop.ts';
import type { Form } from './outcome.ts';

export type TokenWish = {
  /** The resource it is for (RFC 8707): the one audience of the token. */
  readonly resource: string;
  /** Ask for no more than the next call needs. Without it the hub grants what policy allows. */
  readonly scope?: readonly string[] | undefined;
  /** Where the client serves several tenants. */
  readonly tenant?: string | undefined;
};

export type ExchangeWish = Omit<TokenWish, 'tenant'> & {
  /** The access token that came with the request one is serving. */
  readonly subjectToken: string;
  /** Default: an access token. */
  readonly subjectTokenType?: string | undefined;
  readonly actorToken?: string | undefined;
  readonly actorTokenType?: string | undefined;
  readonly requestedTokenType?: string | undefined;
};

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** The order of scopes means nothing (RFC 6749 §3.3); sorted, the same wish is the same request. */
const joined = (scope: readonly string[] | undefined): string | undefined =>
  scope === undefined || scope.length === 0 ? undefined : [...new Set(scope)].sort().join(' ');

export function credentialsForm({ resource, scope, tenant }: TokenWish): Form {
  return { grant_type: 'client_credentials', resource, scope: joined(scope), tenant };
}

/** RFC 8693 §2.1. */
export function exchangeForm(wish: ExchangeWish): Form {
  const { resource, scope, subjectToken, actorToken } = wish;
  return {
    grant_type: TOKEN_EXCHANGE,
    resource,
    scope: joined(scope),
    subject_token: subjectToken,
    subject_token_type: wish.subjectTokenType ?? ACCESS_TOKEN,
    actor_token: actorToken,
    actor_token_type: actorToken === undefined ? undefined : (wish.actorTokenType ?? ACCESS_TOKEN),
    requested_token_type: wish.requestedTokenType,
  };
}

/** What a token is kept under: the request without the approval it waited for. A digest, because subject tokens are in it. */
export function cacheKey(form: Form): Promise<string> {
  const parts = Object.entries(form).filter(([name, value]) => name !== 'approval_id' && value !== undefined);
  return digest(JSON.stringify(parts.sort(([a], [b]) => (a < b ? -1 : 1))));
}
