import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Shown } from '../../journey/browser.suite.ts';
import { authorizeParams, authorizePath, furnish, ISSUER, openHub, PASSWORD, type Hub } from '../../journey/hub.suite.ts';

const BANK = 'https://bank.example/api';
const PAYMENT = { type: 'payment', creditor: 'Ann & <Sons>', amount: 25, actions: ['pay', 'read'] };
const READING = { type: 'reading' };
const VERIFIER = 'a'.repeat(43);

let hub: Hub;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
  await hub.resource({
    id: 'bank',
    type: 'api',
    uri: BANK,
    aliases: ['https://bank.example/alias'],
    name: 'Bank',
    scopes: [{ name: 'accounts', title: 'See accounts' }],
    detailTypes: [
      {
        type: 'payment',
        title: 'Make a payment',
        description: 'Once, to one creditor.',
        schema: {
          properties: {
            creditor: { title: 'Goes to', type: 'string' },
            amount: { title: 'Amount in euros', type: 'number', maximum: 100 },
            actions: { type: 'array', items: { enum: ['pay', 'read'] } },
            locations: { type: 'array', items: { type: 'string' } },
          },
          required: ['creditor', 'amount'],
        },
      },
      { type: 'reading', title: 'Read once' },
    ],
  });
  await hub.client({
    id: 'worker',
    name: 'Worker',
    kind: 'service',
    auth: { secrets: [{ value: 'a-long-secret-of-the-backend' }] },
  });
});
afterAll(() => hub.close());

const asked = (details: unknown, more: Record<string, string | null> = {}): Record<string, string | null> => ({
  resource: BANK,
  scope: 'accounts',
  authorization_details: typeof details === 'string' ? details : JSON.stringify(details),
  ...more,
});
const signIn = async (path: string): Promise<{ browser: ReturnType<Hub['browser']>; page: Shown }> => {
  const browser = hub.browser();
  return { browser, page: await browser.submit(await browser.open(path), 'continue', { email: 'ann@acme.test', password: PASSWORD }) };
};
const codeOf = (end: Shown): string => new URL(end.location ?? 'x:').searchParams.get('code') ?? '';
async function post(path: string, form: Record<string, string>, headers: Record<string, string> = {}) {
  const body = new URLSearchParams(form).toString();
  const answer = await hub.house.fetch(
    new Request(`${ISSUER}${path}`, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers }, body }),
  );
  const read: Record<string, unknown> = JSON.parse(await answer.text());
  return { status: answer.status, body: read };
}
const redeem = (code: string, more: Record<string, string> = {}) =>
  post('/oauth/token', {
    grant_type: 'authorization_code',
    code,
    redirect_uri: 'https://app.example/cb',
    code_verifier: VERIFIER,
    client_id: 'web',
    ...more,
  });
const claimsOf = (jwt: unknown): Record<string, unknown> =>
  JSON.parse(Buffer.from(String(jwt).split('.')[1] ?? '', 'base64url').toString());

async function granted(details: unknown, more: Record<string, string | null> = {}) {
  const { browser, page } = await signIn(authorizePath(asked(details, { prompt: 'consent', ...more })));
  const { body } = await redeem(codeOf(await browser.submit(page, 'allow')));
  return body;
}

describe('authorization details', () => {
  it('are asked about in the words of their type, and stand in answer, token, introspection and grant', async () => {
    const { browser, page } = await signIn(authorizePath(asked([PAYMENT])));
    for (const words of [
      'Make a payment',
      'Once, to one creditor.',
      'Goes to',
      'Ann &amp; &lt;Sons&gt;',
      'Amount in euros',
      '25',
      'pay, read',
    ])
      expect(page.html).toContain(words);
    const { body } = await redeem(codeOf(await browser.submit(page, 'allow')));
    expect(body['authorization_details']).toEqual([PAYMENT]);
    expect(claimsOf(body['access_token'])['authorization_details']).toEqual([PAYMENT]);
    const grant = String(claimsOf(body['access_token'])['grant_id']);
    expect(await (await hub.admin('GET', `/admin/v1/grants/${grant}`)).json()).toMatchObject({ authorizationDetails: [PAYMENT] });
    for (const token of [body['access_token'], body['refresh_token']]) {
      const headers = { authorization: 'Bearer test-admin-token-0123456789-0123456789' };
      const seen = await post('/oauth/introspect', { token: String(token) }, headers);
      expect(seen.body).toMatchObject({ active: true, authorization_details: [PAYMENT] });
    }
  });

  it('can be all that is asked for', async () => {
    const body = await granted([PAYMENT], { scope: null });
    expect([body['scope'], body['authorization_details']]).toEqual(['', [PAYMENT]]);
  });

  it('are asked about each time: one payment that was allowed is not the next', async () => {
    await granted([PAYMENT]);
    const scopes = await signIn(authorizePath({ resource: BANK, scope: 'accounts' }));
    expect(scopes.page.location).toContain('code=');
    const again = await signIn(authorizePath(asked([PAYMENT])));
    expect(again.page.location ?? '').not.toContain('code=');
  });

  it.each<[string, unknown]>([
    ['that are no JSON', '[{'],
    ['that are one object', PAYMENT],
    ['that are none', []],
    ['of no type', [{ creditor: 'Ann' }]],
    ['of an unknown type', [{ type: 'transfer' }]],
    ['of a type of another resource, as it were', [{ type: 'toString' }]],
    ['without what is required', [{ type: 'payment', creditor: 'Ann' }]],
    ['beyond a bound', [{ ...PAYMENT, amount: 101 }]],
    ['with an unknown field', [{ ...PAYMENT, iban: 'x' }]],
    ['with a name twice', '[{"type":"payment","creditor":"Ann","amount":1,"amount":100}]'],
    ['of which one is good', [PAYMENT, { type: 'transfer' }]],
    ['for another place', [{ ...PAYMENT, locations: ['http://localhost:9000/mcp'] }]],
    ['that are too many', Array.from({ length: 21 }, () => READING)],
  ])('%s are refused, in the browser and when pushed', async (_, details) => {
    const shown = await hub.browser().send('GET', authorizePath(asked(details)));
    expect(new URL(shown.location ?? '').searchParams.get('error')).toBe('invalid_authorization_details');
    const pushed = await post('/oauth/par', Object.fromEntries(authorizeParams(asked(details))));
    expect(pushed).toMatchObject({ status: 400, body: { error: 'invalid_authorization_details' } });
  });

  it('may name the place that they are for', async () => {
    const details = [{ ...PAYMENT, locations: [BANK, 'https://bank.example/alias'] }];
    expect((await granted(details))['authorization_details']).toEqual(details);
  });

  it('can be narrowed by the token request, and by no refresh be more', async () => {
    const body = await granted([PAYMENT, READING]);
    const refresh = (token: unknown, details?: unknown) =>
      post('/oauth/token', {
        grant_type: 'refresh_token',
        refresh_token: String(token),
        client_id: 'web',
        ...(details === undefined ? {} : { authorization_details: JSON.stringify(details) }),
      });
    const less = await refresh(body['refresh_token'], [{ ...PAYMENT, actions: ['read'] }]);
    expect(less.body['authorization_details']).toEqual([{ ...PAYMENT, actions: ['read'] }]);
    expect(claimsOf(less.body['access_token'])['authorization_details']).toEqual([{ ...PAYMENT, actions: ['read'] }]);
    for (const more of [[{ ...PAYMENT, amount: 26 }], [{ ...PAYMENT, actions: [] }], [{ type: 'transfer' }], []]) {
      expect(await refresh(less.body['refresh_token'], more)).toMatchObject({
        status: 400,
        body: { error: 'invalid_authorization_details' },
      });
    }
    const all = await refresh(less.body['refresh_token']);
    expect(all.body['authorization_details']).toEqual([PAYMENT, READING]);
  });

  it('that were not granted cannot be had with a code, nor by a client for itself', async () => {
    const { browser, page } = await signIn(authorizePath(asked([READING], { prompt: 'consent' })));
    const code = codeOf(await browser.submit(page, 'allow'));
    expect(await redeem(code, { authorization_details: JSON.stringify([PAYMENT]) })).toMatchObject({
      status: 400,
      body: { error: 'invalid_authorization_details' },
    });
    const own = await post('/oauth/token', {
      grant_type: 'client_credentials',
      client_id: 'worker',
      client_secret: 'a-long-secret-of-the-backend',
      resource: BANK,
      authorization_details: JSON.stringify([READING]),
    });
    expect(own).toMatchObject({ status: 400, body: { error: 'invalid_authorization_details' } });
  });

  it('of a type that the resource takes back are granted no more, and nothing goes out without them', async () => {
    const body = await granted([READING]);
    const bank: Record<string, unknown> = await (await hub.admin('GET', '/admin/v1/resources/bank')).json();
    const written = Object.fromEntries(Object.entries(bank).filter(([name]) => !['version', 'createdAt'].includes(name)));
    const form = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']), client_id: 'web' };
    await hub.resource({ ...written, detailTypes: [] });
    const without = await post('/oauth/token', form);
    await hub.resource(written);
    expect(without).toMatchObject({ status: 400, body: { error: 'invalid_authorization_details' } });
    expect(await post('/oauth/token', form)).toMatchObject({ status: 200, body: { authorization_details: [READING] } });
  });

  it('are announced by their types', async () => {
    const answer = await hub.house.fetch(new Request(`${ISSUER}/.well-known/oauth-authorization-server`));
    expect(await answer.json()).toMatchObject({ authorization_details_types_supported: ['payment', 'reading'] });
  });

  it('with a schema that nobody can check are refused when they are configured', async () => {
    const type = { type: 'x', title: 'X', schema: { properties: { a: { pattern: '^a' } } } };
    const put = hub.resource({ id: 'odd', type: 'api', uri: 'https://odd.example', scopes: [{ name: 'a' }], detailTypes: [type] });
    await expect(put).rejects.toThrow(/schema\.properties\.a\.pattern is not understood/);
  });
});
