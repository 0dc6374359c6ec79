import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Shown } from '../../journey/browser.suite.ts';
import { authorizePath, furnish, ISSUER, openHub, PASSWORD, type Hub } from '../../journey/hub.suite.ts';

const BACKEND = `Basic ${btoa('backend:a-long-secret-of-the-backend')}`;

let hub: Hub;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
  await hub.resource({ id: 'books', type: 'api', uri: 'https://books.example/api', name: 'Books', scopes: [{ name: 'ledger:read' }] });
});
afterAll(() => hub.close());

const identityAlone = (more: Record<string, string | null> = {}): string =>
  authorizePath({ scope: 'openid email', resource: null, client_id: 'backend', redirect_uri: 'https://back.example/cb', ...more });

async function asAnn(path: string): Promise<{ browser: ReturnType<Hub['browser']>; page: Shown }> {
  const browser = hub.browser();
  return { browser, page: await browser.submit(await browser.open(path), 'continue', { email: 'ann@acme.test', password: PASSWORD }) };
}
async function post(path: string, form: Record<string, string>) {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization: BACKEND };
  const answer = await hub.house.fetch(
    new Request(`${ISSUER}${path}`, { method: 'POST', headers, body: new URLSearchParams(form).toString() }),
  );
  const body: Record<string, unknown> = JSON.parse(await answer.text());
  return { status: answer.status, body };
}
async function signedIn(): Promise<Record<string, unknown>> {
  const { browser, page } = await asAnn(identityAlone({ prompt: 'consent' }));
  const end = await browser.submit(page, 'allow');
  const code = new URL(end.location ?? 'x:').searchParams.get('code') ?? '';
  const form = { grant_type: 'authorization_code', code, redirect_uri: 'https://back.example/cb', code_verifier: 'a'.repeat(43) };
  return (await post('/oauth/token', form)).body;
}

describe('openid alone, where there are several resources', () => {
  it('needs no resource: the token is for userinfo, carries no scope of a resource, and says who', async () => {
    const body = await signedIn();
    expect(body).toMatchObject({ scope: 'openid email', id_token: expect.any(String) });
    const token = String(body['access_token']);
    const claims: Record<string, unknown> = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({ aud: `${ISSUER}/oauth/userinfo`, scope: '', sub: 'ann' });
    const told = await hub.house.fetch(new Request(`${ISSUER}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } }));
    expect(await told.json()).toMatchObject({ sub: 'ann', email: 'ann@acme.test' });
  });

  it('is judged like everything else: the entry holds the decision and the rule behind it', async () => {
    await signedIn();
    const [entry] = (await hub.events('token.issued')).slice(-1);
    expect(entry).toMatchObject({
      decision: expect.stringMatching(/^dec_/),
      target: { id: 'writ-identity' },
      data: { policy: { rules: ['writ:sign-in'] } },
    });
  });

  it('cannot be exchanged for access', async () => {
    const grants = ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:token-exchange'];
    const auth = { secrets: [{ value: 'a-long-secret-of-the-backend' }] };
    await hub.client({ id: 'backend', name: 'Acme Backend', redirectUris: ['https://back.example/cb'], auth, grants });
    const body = await signedIn();
    const exchange = await post('/oauth/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: String(body['access_token']),
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: 'https://books.example/api',
      scope: 'ledger:read',
    });
    expect([exchange.status, exchange.body['error']]).toEqual([400, 'invalid_request']);
  });

  it('with a scope that several resources could have means none of them', async () => {
    const { page } = { page: await hub.browser().open(identityAlone({ scope: 'openid nothing:read' })) };
    expect(page.location).toContain('error=invalid_target');
  });

  it('ends where a policy denies sign-in', async () => {
    const deny = { id: 'no-sign-in', effect: 'deny', subject: { clients: ['backend'] }, target: { resources: ['writ-identity'] } };
    await hub.policy(deny);
    const { page } = await asAnn(identityAlone({ prompt: 'consent' }));
    expect(page.html + (page.location ?? '')).not.toContain('code=');
    await hub.admin('DELETE', '/admin/v1/policies/no-sign-in');
    expect(await signedIn()).toMatchObject({ id_token: expect.any(String) });
  });
});
