import { SignJWT } from 'jose';
import { basic, encode, FORM } from '../attacks/ask.ts';
import { KEYS, SECRETS } from '../attacks/furniture.ts';
import { prover } from '../attacks/proof.ts';
import type { ProofOf } from '../attacks/proof.ts';
import { authorizeParams } from '../attacks/requests.ts';
import type { Case, Side } from './cases.ts';

const ann = await prover();
const eve = await prover();
const seconds = (): number => Math.floor(Date.now() / 1000);

const proves = (name: string, of: Partial<ProofOf>, change: (proof: string) => string = (proof) => proof): Case => ({
  name: `token: DPoP, ${name}`,
  async make({ issuer }) {
    const dpop = change(await ann.proof({ url: `${issuer}/oauth/token`, ...of }));
    const headers = { ...FORM, ...basic('worker', SECRETS.worker), dpop };
    const body = encode({ grant_type: 'client_credentials', scope: 'incidents:read' });
    return { path: '/oauth/token', asked: { method: 'POST', headers, body } };
  },
});

type Signing = { claims?: Record<string, unknown>; header?: Record<string, unknown>; stranger?: true };

async function signed({ issuer }: Side, { claims = {}, header = {}, stranger }: Signing): Promise<string> {
  const parameters = authorizeParams({ client_id: 'jar', redirect_uri: 'https://jar.example/cb', code_challenge_method: 'S256' });
  const all = { ...parameters, iss: 'jar', aud: issuer, exp: seconds() + 300, ...claims };
  const key = stranger === true ? KEYS.cosigner.privateKey : KEYS.signer.privateKey;
  return new SignJWT(JSON.parse(JSON.stringify(all))).setProtectedHeader({ alg: 'ES256', kid: 's-1', ...header }).sign(key);
}

const asks = (name: string, of: Signing = {}, beside: Record<string, string> = {}): Case => ({
  name: `authorize: signed, ${name}`,
  async make(side) {
    const outside = { client_id: 'jar', redirect_uri: 'https://jar.example/cb', response_type: 'code', scope: 'incidents:read', ...beside };
    return { path: `/oauth/authorize?${encode({ ...outside, request: await signed(side, of) })}`, asked: {} };
  },
});

export const PROOF_CASES: Case[] = [
  proves('as it should be', {}),
  proves('for another method', { method: 'GET' }),
  proves('for another endpoint', { url: 'http://localhost/oauth/par' }),
  proves('old', { claims: { iat: seconds() - 3_600 } }),
  proves('early', { claims: { iat: seconds() + 3_600 } }),
  proves('without a time', { claims: { iat: undefined } }),
  proves('without an id', { claims: { jti: undefined } }),
  proves('another type', { header: { typ: 'JWT' } }),
  proves('without a key', { header: { jwk: undefined } }),
  proves('a private key', { header: { jwk: ann.secret } }),
  proves("somebody else's key", { header: { jwk: eve.jwk } }),
  proves('cut short', {}, (proof) => proof.slice(0, -4)),
  proves('twice', {}, (proof) => `${proof}, ${proof}`),
  proves('no JWT', {}, () => 'proof'),
  asks('as it should be'),
  asks('by another client', { stranger: true }),
  asks('for another hub', { claims: { aud: 'https://evil.example' } }),
  asks('made out by another client', { claims: { iss: 'web' } }),
  asks('for another client', { claims: { client_id: 'web' } }),
  asks('expired', { claims: { exp: seconds() - 3_600 } }),
  asks('with a request inside', { claims: { request: 'e30.e30.e30' } }),
  asks('with a request_uri inside', { claims: { request_uri: 'https://evil.example/r' } }),
  asks('beside a request_uri', {}, { request_uri: 'https://evil.example/r' }),
];
