import { TOKEN_TYPES } from '@writ/protocol';
import { placeOf } from '../../../rooms/connections/connection.ts';
import type { HandedOut } from '../../../rooms/connections/hand-out.store.ts';
import type { Told } from './grant.ts';

type Form = Pick<Told, 'accessToken' | 'tokenType' | 'issuedTokenType' | 'credential'>;

/**
 * A credential in the words of RFC 8693 §2.2.1. An access token of the service is one here too; a key, a password and a certificate are `N_A`, with
 * their parts in `credential` and, for those who only know `access_token`, the whole there: the key, `user:password` in base64, or one PEM.
 */
export function credentialIssue({ credential, secret, scopes, expiresAt, connection }: HandedOut, now: number): Told {
  return {
    jti: credential.id,
    ...formOf(secret, connection),
    expiresIn: expiresAt === undefined ? undefined : Math.max(0, Math.floor((expiresAt - now) / 1_000)),
    scopes,
    identityScopes: [],
  };
}

function formOf(secret: HandedOut['secret'], connection: HandedOut['connection']): Form {
  const { header, prefix, query } = connection;
  switch (secret.kind) {
    case 'oauth':
      return {
        accessToken: secret.accessToken,
        tokenType: 'Bearer',
        issuedTokenType: TOKEN_TYPES.access_token,
        // A service that wants its tokens under a name of its own.
        ...(header === undefined ? {} : { credential: { type: 'oauth', header, prefix: prefix ?? '' } }),
      };
    case 'api_key':
      return {
        ...whole(secret.value),
        credential: {
          type: 'api_key',
          value: secret.value,
          ...(query === undefined ? placeOf(connection) : { query }),
        },
      };
    case 'basic': {
      const { username, password } = secret;
      return {
        ...whole(Buffer.from(`${username}:${password}`).toString('base64')),
        credential: { type: 'basic', username, password },
      };
    }
    case 'certificate': {
      const { certificate, privateKey } = secret;
      return {
        ...whole(`${certificate.trimEnd()}\n${privateKey}`),
        credential: { type: 'certificate', certificate, private_key: privateKey },
      };
    }
  }
}

function whole(accessToken: string): Form {
  return { accessToken, tokenType: 'N_A', issuedTokenType: TOKEN_TYPES.credential };
}
