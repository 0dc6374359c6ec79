import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkloads, type WorkloadWorld } from '../../doors/oauth/token/workload.suite.ts';

let world: WorkloadWorld;
beforeAll(async () => {
  world = await openWorkloads();
});
afterAll(() => world.close());

const check = async (jwt: string) => (await world.admin('POST', '/admin/v1/issuers/check', { jwt })).json();

describe('the test box', () => {
  it('says whom a good JWT stands for, and does not use it up', async () => {
    const jwt = await world.cluster.sign(world.pod());
    const checked = await check(jwt);
    expect(checked.verdict).toMatchObject({ ok: true, client: 'payer' });
    expect(checked.issuers).toContainEqual({ issuer: 'cluster', purpose: 'jwt_bearer', matches: true, reason: null, sentence: null });
    expect(checked.clients[0]).toMatchObject({ client: 'payer', matches: true });
    expect((await world.asGrant(jwt)).status).toBe(200);
  });

  it('says the first obstacle of each client in a sentence', async () => {
    const { verdict, clients } = await check(
      await world.cluster.sign(world.pod({ 'kubernetes.io': { serviceaccount: { name: 'reader' } } })),
    );
    expect(verdict).toEqual({ ok: false, sentence: 'No client has a trust rule that fits this workload.', client: null });
    const payer = clients.find(({ client }: { client: string }) => client === 'payer');
    expect(payer.sentence).toBe('The claim kubernetes.io/serviceaccount/name is "reader", which does not fit "payer".');
    const nightly = clients.find(({ client }: { client: string }) => client === 'nightly');
    expect(nightly.sentence).toBe(
      'The subject is "system:serviceaccount:prod:payer", which does not fit "system:serviceaccount:batch:nightly".',
    );
  });

  it.each([
    ['the audience', { aud: 'https://kubernetes.default.svc' }, /^aud is "https:\/\/kubernetes.default.svc"; it has to be/],
    ['the end', { exp: 1_000_000_000, iat: 999_999_000 }, 'It expired at 2001-09-09T01:46:40Z.'],
    ['a slash at the end of the issuer', { iss: 'SLASH' }, /No trusted issuer is called/],
    ['two clients', { sub: 'system:serviceaccount:twins:b1' }, /^Several clients fit: twin-a, twin-b\./],
  ])('names %s', async (_, more, sentence) => {
    const claims = world.pod(more);
    const slash = claims['iss'] === 'SLASH';
    const checked = await check(await world.cluster.sign(slash ? { ...claims, iss: `${world.cluster.issuer}/` } : claims));
    expect(checked.verdict.ok).toBe(false);
    expect(checked.verdict.sentence).toMatch(sentence);
    const cluster = checked.issuers.find(({ issuer }: { issuer: string }) => issuer === 'cluster');
    if (slash) expect(cluster.sentence).toContain('differ by a slash');
  });

  it('says when the signature is not of the issuer, and when it is no JWT at all', async () => {
    expect((await check(await world.idp.sign(world.pod()))).verdict.sentence).toBe('No key of the issuer made this signature.');
    expect((await check('not a jwt')).verdict.sentence).toContain('It is no signed JWT');
  });

  it('knows what speaks of a person', async () => {
    const checked = await check(await world.idp.sign(world.person(), { typ: 'oauth-id-jag+jwt' }));
    expect(checked.verdict).toMatchObject({ ok: true, client: null, sentence: expect.stringContaining('speaks of a person') });
  });

  it('gives no signature back and writes none into the record', async () => {
    const jwt = await world.cluster.sign(world.pod());
    const [, , signature = ''] = jwt.split('.');
    expect(JSON.stringify(await check(jwt))).not.toContain(signature);
    const { items } = await (await world.admin('GET', '/admin/v1/events?limit=200')).json();
    expect(JSON.stringify(items)).not.toContain(signature);
  });
});
