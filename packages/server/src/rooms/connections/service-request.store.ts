import { importPKCS8, SignJWT } from 'jose';
import { newId } from '../../base/ids.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { assertionClaims, type AssertionKey } from './assertion.ts';
import { serviceParams, type OAuthServer, type ServerFault } from './oauth-client.ts';

const NO_KEY: ServerFault = {
  reason: 'no_key',
  words: 'Its private key is missing, or is none in PEM (PKCS #8) of the algorithm that is set.',
};

/** The token request of a connection that is its own account. `subject`: whom the service is asked to act as. */
export async function serviceRequest(
  server: OAuthServer,
  of: { scopes: readonly string[]; subject: string | undefined; now: number },
): Promise<Result<Record<string, string>, ServerFault>> {
  const { assertion } = server;
  if (assertion === undefined) return ok(serviceParams(server, of.scopes));
  const signed = await sign(assertion, assertionClaims(assertion, { ...of, jti: newId('cns', of.now) }));
  return signed === undefined ? fail(NO_KEY) : ok(serviceParams(server, of.scopes, signed));
}

async function sign({ key, keyId, alg }: AssertionKey, claims: Record<string, unknown>): Promise<string | undefined> {
  if (key === undefined) return undefined;
  try {
    const header = { alg, typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) };
    return await new SignJWT(claims).setProtectedHeader(header).sign(await importPKCS8(key, alg));
  } catch {
    // A key of another kind than the algorithm. What jose says of it may quote it.
    return undefined;
  }
}
