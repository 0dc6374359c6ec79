import type { HttpAuth } from '@writ/flow';
import { fail, ok, type Result } from '../../../base/result.ts';
import type { ConnectorFailure } from './answer.ts';
import type { Wire } from './request.ts';
import { maySendTo } from './secret.ts';
import { hmacHeader, signatureHeaders } from './sign.store.ts';
import type { ServiceTokens } from './tokens.store.ts';

export type OpenSecret = (name: string) => Promise<{ value: string; hosts: readonly string[] } | undefined>;

/** How one call proves itself: done once for all tries, because a secret is read once. */
export type Proving = {
  secrets: readonly string[];
  /** Headers that hold what is secret, or what was made with it. */
  guarded: readonly string[];
  /** Makes the headers of one try: a signature says when it was made. */
  headers(wire: Wire, now: number, timeoutMs: number): Promise<Result<Record<string, string>, ConnectorFailure>>;
  /** The service did not take them. */
  refused(): void;
};

const NOTHING: Proving = { secrets: [], guarded: [], headers: () => Promise.resolve(ok({})), refused: () => undefined };

/** RFC 9110 §5.5, and what every server takes: visible characters with blanks in between. */
const HEADER_VALUE = /^[\x21-\x7e]([\x20-\x7e]{0,8190}[\x21-\x7e])?$/;

/**
 * A secret goes where its owner said that it may go, and so does a token that it got: who draws flows can send neither elsewhere, or one call to a host
 * of their own would have them a token of the service.
 */
export async function provingOf(
  deps: { openSecret: OpenSecret; tokens: ServiceTokens },
  auth: HttpAuth | undefined,
  url: string,
): Promise<Result<Proving, ConnectorFailure>> {
  if (auth === undefined) return ok(NOTHING);
  const name = auth.kind === 'signature' ? auth.key : auth.secret;
  const secret = await deps.openSecret(name);
  if (secret === undefined) return fail('secret_unknown');
  const goesTo = auth.kind === 'clientCredentials' ? [auth.tokenUrl, url] : [url];
  if (!goesTo.every((one) => maySendTo(secret.hosts, one))) return fail('secret_host');
  return proving(deps.tokens, auth, secret.value);
}

function proving(tokens: ServiceTokens, auth: HttpAuth, value: string): Result<Proving, ConnectorFailure> {
  const fixed = (header: string, text: string, also: readonly string[] = []): Result<Proving, ConnectorFailure> =>
    HEADER_VALUE.test(text)
      ? ok({ ...NOTHING, secrets: [value, ...also], guarded: [header], headers: () => Promise.resolve(ok({ [header]: text })) })
      : fail('secret_unusable');
  switch (auth.kind) {
    case 'bearer':
      return fixed('authorization', `Bearer ${value}`);
    case 'basic': {
      // RFC 7617 §2: a name with a colon would be another name and another password.
      const pair = Buffer.from(`${auth.user}:${value}`).toString('base64');
      return auth.user.includes(':') ? fail('bad_request') : fixed('authorization', `Basic ${pair}`, [pair]);
    }
    case 'apiKey':
      return fixed(auth.header.toLowerCase(), value);
    case 'hmac': {
      const header = auth.header.toLowerCase();
      const made: Proving['headers'] = (wire, now) => Promise.resolve(ok({ [header]: hmacHeader(value, wire, now) }));
      return ok({ ...NOTHING, secrets: [value], guarded: [header], headers: made });
    }
    case 'signature':
      return ok({
        ...NOTHING,
        secrets: [value],
        guarded: ['signature'],
        headers: (wire, now) => {
          const made = signatureHeaders(value, wire, { keyId: auth.key, now });
          return Promise.resolve(made === undefined ? fail('secret_unusable') : ok(made));
        },
      });
    case 'clientCredentials':
      return ok({
        secrets: [value],
        guarded: ['authorization'],
        headers: async (_wire, _now, timeoutMs) => {
          const token = await tokens.get(auth, value, timeoutMs);
          return token.ok ? ok({ authorization: `Bearer ${token.value}` }) : fail(token.error);
        },
        refused: () => tokens.drop(auth, value),
      });
  }
}
