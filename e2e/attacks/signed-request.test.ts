import { SignJWT } from 'jose';
import type { KeyObject } from 'node:crypto';
import { describe } from 'vitest';
import { encode } from './ask.ts';
import { KEYS } from './furniture.ts';
import { P, R, T } from './outcome.ts';
import { authorizeParams } from './requests.ts';
import { attacks, checkNothingLeaked, inWorld } from './runner.ts';
import type { Attack } from './runner.ts';
import type { World } from './world.ts';

const world = inWorld();
const CALLBACK = 'https://jar.example/cb';
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const seconds = (): number => Math.floor(Date.now() / 1000);

type Signing = { claims?: Record<string, unknown>; header?: Record<string, unknown>; by?: KeyObject };
const sign = (claims: Record<string, unknown>, { header = {}, by = KEYS.signer.privateKey }: Signing = {}): Promise<string> =>
  new SignJWT(JSON.parse(JSON.stringify(claims))).setProtectedHeader({ alg: 'ES256', kid: 's-1', ...header }).sign(by);

/** A request of `jar` as it should be, but for what `of` says. */
function signed(at: World, of: Signing = {}): Promise<string> {
  const inside = Object.fromEntries(new URLSearchParams(encode(authorizeParams({ client_id: 'jar', redirect_uri: CALLBACK }))));
  return sign({ ...inside, iss: 'jar', aud: at.origin, exp: seconds() + 300, ...of.claims }, of);
}

/** RFC 9101 §6.3, §10: what a signed request may not be. */
describe('JAR', () => {
  const forged = (title: string, of: Signing, reason: string): Attack[] => [
    {
      number: '027',
      title: `${title}, alone`,
      send: async (at) => at.ask(`/oauth/authorize?${encode({ client_id: 'jar', request: await signed(at, of) })}`),
      outcome: P('invalid_request_object'),
      entries: [{ type: 'journey.refused', reason }],
    },
    {
      number: '027',
      title: `${title}, beside a good address`,
      send: async (at) => {
        const beside = authorizeParams({ client_id: 'jar', redirect_uri: CALLBACK, request: await signed(at, of) });
        return at.ask(`/oauth/authorize?${encode(beside)}`);
      },
      outcome: R('invalid_request_object', { redirectUri: CALLBACK }),
      entries: [{ type: 'journey.refused', reason }],
    },
    {
      number: '027',
      title: `${title}, pushed`,
      send: async (at) => push(at, await signed(at, of)),
      outcome: T('invalid_request_object'),
      entries: [{ type: 'journey.refused', reason }],
    },
  ];
  attacks(world, [
    ...forged('a request signed by another client', { by: KEYS.cosigner.privateKey }, 'request_object_signature'),
    ...forged('a request for another hub', { claims: { aud: 'https://evil.example' } }, 'request_object_audience'),
    ...forged('a request that speaks for another client', { claims: { client_id: 'web' } }, 'request_object_client'),
    ...forged('a request that has expired', { claims: { exp: seconds() - 600 } }, 'request_object_expired'),
    ...forged('a request without an end', { claims: { exp: undefined } }, 'request_object_expired'),
    ...forged('a request within a request', { claims: { request_uri: 'https://evil.example/r' } }, 'request_object_nested'),
    ...forged('a request that is a client assertion', { claims: { sub: 'jar' } }, 'request_object_subject'),
    ...forged('a request of another type', { header: { typ: 'at+jwt' } }, 'request_object_type'),
    {
      number: '027',
      title: 'a request with an id that was pushed before',
      async arrange(at) {
        const request = await signed(at, { claims: { jti: 'pushed-once' } });
        await push(at, request);
        return () => push(at, request);
      },
      outcome: T('invalid_request_object'),
      entries: [{ type: 'journey.refused', reason: 'request_object_replayed' }],
    },
  ]);
});

checkNothingLeaked(world);

let count = 0;

async function push(at: World, request: string) {
  count += 1;
  const assertion = await sign({ iss: 'jar', sub: 'jar', aud: at.origin, exp: seconds() + 60, jti: `push-${count}` });
  return at.post('/oauth/par', { client_id: 'jar', request, client_assertion: assertion, client_assertion_type: ASSERTION });
}
