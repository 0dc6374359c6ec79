import { INTROSPECTION_TYP } from '@writ/protocol';
import { json, text, type Inbound, type Reply } from '../../base/http/message.ts';

const MEDIA_TYPE = `application/${INTROSPECTION_TYP}`;

export type SignedAnswerDeps = { issuer: string; keys: { signer(): { sign(typ: string, payload: object): string } } };

/**
 * The answer of introspection: JSON, or to whoever asks for it a JWT that can be kept as evidence (RFC 9701). `asker` is its audience, and what
 * the token says stands inside one member: nothing at the top can be taken for an access token's claims (§8.1).
 */
export function introspected(
  { issuer, keys }: SignedAnswerDeps,
  { request, now }: { request: Inbound; now: number },
  asker: string,
  body: Readonly<Record<string, unknown>>,
): Reply {
  if (!wantsJwt(request.header('accept'))) return json(200, body);
  const claims = { iss: issuer, aud: asker, iat: Math.floor(now / 1000), token_introspection: body };
  return text(200, keys.signer().sign(INTROSPECTION_TYP, claims), { 'content-type': MEDIA_TYPE });
}

function wantsJwt(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return type === MEDIA_TYPE && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}
