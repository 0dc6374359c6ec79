import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { basic, header, jsonOf, textIn } from './ask.ts';
import type { Answer } from './ask.ts';
import { RESOURCE, SECRETS } from './furniture.ts';
import { T, U } from './outcome.ts';
import { prover } from './proof.ts';
import type { Prover, ProofOf } from './proof.ts';
import { redeemForm } from './requests.ts';
import { attacks, checkNothingLeaked, inWorld } from './runner.ts';
import type { Attack } from './runner.ts';
import type { World } from './world.ts';

const world = inWorld();
const FORM = { grant_type: 'client_credentials', resource: RESOURCE, scope: 'incidents:read' };
const AS_WORKER = basic('worker', SECRETS.worker);
const ann = await prover();
const eve = await prover();
const tokenUrl = (at: World): string => `${at.origin}/oauth/token`;
const ask = (at: World, proof: string): Promise<Answer> => at.post('/oauth/token', FORM, { ...AS_WORKER, dpop: proof });
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const seconds = (): number => Math.floor(Date.now() / 1000);

/** RFC 9449 §4.3, §5, §11. */
describe('DPoP at the token endpoint', () => {
  const proves = (title: string, of: Partial<ProofOf> | ((at: World) => Promise<string>), reason: string): Attack => ({
    number: '035',
    title,
    send: async (at) => ask(at, typeof of === 'function' ? await of(at) : await ann.proof({ url: tokenUrl(at), ...of })),
    outcome: T('invalid_dpop_proof'),
    entries: [{ type: 'token.refused', reason }],
  });
  attacks(world, [
    {
      number: '035',
      title: 'a proof that was used before',
      async arrange(at) {
        const proof = await ann.proof({ url: tokenUrl(at) });
        const first = await ask(at, proof);
        if (first.status !== 200) throw new Error(`the proof was no good: ${first.text}`);
        return () => ask(at, proof);
      },
      outcome: T('invalid_dpop_proof'),
      entries: [{ type: 'token.refused', reason: 'proof_replayed' }],
    },
    proves('a proof for another method', { method: 'GET' }, 'proof_method'),
    proves('a proof for another endpoint', (at) => ann.proof({ url: `${at.origin}/oauth/par` }), 'proof_address'),
    proves('a proof for another hub', { url: 'https://evil.example/oauth/token' }, 'proof_address'),
    proves('a proof with a query in its address', (at) => ann.proof({ url: `${tokenUrl(at)}?a` }), 'proof_address'),
    proves('a proof from ten minutes ago', { claims: { iat: seconds() - 600 } }, 'proof_time'),
    proves('a proof from in ten minutes', { claims: { iat: seconds() + 600 } }, 'proof_time'),
    proves('a proof with alg none', async (at) => unsigned(await ann.proof({ url: tokenUrl(at) })), 'proof_algorithm'),
    proves('a proof with a shared secret', async (at) => shared(await ann.proof({ url: tokenUrl(at) })), 'proof_algorithm'),
    proves('a proof that shows the private key', { header: { jwk: ann.secret } }, 'proof_key'),
    proves('a proof with the key of somebody else', { header: { jwk: eve.jwk } }, 'proof_signature'),
    proves('another kind of JWT', { header: { typ: 'JWT' } }, 'proof_type'),
    proves(
      'two proofs',
      async (at) => `${await ann.proof({ url: tokenUrl(at) })}, ${await eve.proof({ url: tokenUrl(at) })}`,
      'several_proofs',
    ),
    {
      number: '035',
      title: 'a refresh token of a public client, without the key it was got with',
      async arrange(at) {
        const refresh = await boundRefreshToken(at);
        return async () => at.post('/oauth/token', refreshForm(refresh), { dpop: await eve.proof({ url: tokenUrl(at) }) });
      },
      outcome: T('invalid_grant'),
      entries: [{ type: 'token.refused', reason: 'bound_to_another_key' }],
    },
  ]);

  it('035 a bound token that is shown as a bearer token opens nothing at the hub', async () => {
    const at = world();
    const { code } = await at.code({ prompt: 'consent' });
    const redeemed = await at.post('/oauth/token', redeemForm(code), { dpop: await ann.proof({ url: tokenUrl(at) }) });
    const token = textIn(jsonOf(redeemed), 'access_token');
    at.secrets.add(token).add(textIn(jsonOf(redeemed), 'refresh_token').split('.')[1] ?? '');
    const refused = await at.ask('/oauth/userinfo', { headers: { authorization: `Bearer ${token}` } });
    U('invalid_token').check(refused, at.origin);
    expect(header(refused, 'www-authenticate')).toMatch(/^DPoP error="invalid_token"/);
    const ath = createHash('sha256').update(token).digest('base64url');
    const proof = await ann.proof({ url: `${at.origin}/oauth/userinfo`, method: 'GET', claims: { ath } });
    const good = await at.ask('/oauth/userinfo', { headers: { authorization: `DPoP ${token}`, dpop: proof } });
    expect(jsonOf(good)).toMatchObject({ sub: 'ann' });
    const again = await at.ask('/oauth/userinfo', { headers: { authorization: `DPoP ${token}`, dpop: proof } });
    U('invalid_dpop_proof').check(again, at.origin);
  });
});

checkNothingLeaked(world);

function unsigned(proof: string): string {
  const [, payload = ''] = proof.split('.');
  return `${encode({ typ: 'dpop+jwt', alg: 'none', jwk: ann.jwk })}.${payload}.${encode('none')}`;
}

function shared(proof: string): string {
  const [, payload = ''] = proof.split('.');
  return `${encode({ typ: 'dpop+jwt', alg: 'HS256', jwk: { kty: 'oct', k: encode('secret') } })}.${payload}.${encode('mac')}`;
}

async function boundRefreshToken(at: World, by: Prover = ann): Promise<string> {
  const { code } = await at.code({ prompt: 'consent' });
  const answer = await at.post('/oauth/token', redeemForm(code), { dpop: await by.proof({ url: tokenUrl(at) }) });
  const refresh = textIn(jsonOf(answer), 'refresh_token');
  at.secrets.add(refresh.split('.')[1] ?? refresh).add(textIn(jsonOf(answer), 'access_token'));
  return refresh;
}

const refreshForm = (refresh: string) => ({ grant_type: 'refresh_token', client_id: 'web', refresh_token: refresh });
