import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANN, protectSample, startHub } from '../harness.ts';
import type { Hub, Protected } from '../harness.ts';
import { story, walk } from './walk.ts';
import type { Walk } from './walk.ts';
import type { Person } from './person.ts';

const BEA = { email: 'bea@acme.test', password: 'two-tenants-4-her-only' };
let hub: Hub;
let guarded: Protected;

beforeAll(async () => {
  hub = await startHub();
  guarded = await protectSample(hub, { clients: [{ id: 'app', name: 'App', public: true, redirectUris: ['http://127.0.0.1/callback'] }] });
  await hub.apply({
    tenants: [{ id: 'beta', name: 'Beta' }],
    users: [{ id: 'bea', email: BEA.email, name: 'Bea', password: { value: BEA.password }, tenants: [{ id: 'acme' }, { id: 'beta' }] }],
  });
});

afterAll(async () => {
  await guarded?.close();
  await hub?.stop();
});

function come(person: Person): Promise<Walk> {
  const url = new URL(`${hub.issuer}/oauth/authorize`);
  url.search = new URLSearchParams({
    client_id: 'app',
    response_type: 'code',
    redirect_uri: 'http://127.0.0.1:3999/callback',
    resource: guarded.sample.url,
    state: 's',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  }).toString();
  return walk(url.href, person, { call: false });
}

const pagesOf = ({ steps }: Walk) => steps.flatMap(({ page }) => (page === undefined ? [] : [page]));
const granted = async (): Promise<unknown> => (await hub.items('grants?user=bea')).map((grant) => grant['tenant']);

describe('the hosted pages, to a person without script', () => {
  test('say what every control is, bring no script but the one of passkeys, and have one form each', async () => {
    const walked = await come({ ...BEA, allow: 'deny' });
    const pages = pagesOf(walked);
    expect(pages.length).toBeGreaterThanOrEqual(3);
    for (const page of pages) {
      expect({ title: page.title, unlabelled: page.unlabelled, scripts: page.scripts }).toEqual({
        title: page.title,
        unlabelled: [],
        // Where one signs in there is a button for passkeys, and its script; the driver runs none.
        scripts: page.title === 'Sign in' ? 1 : 0,
      });
      expect(page.forms.filter((form) => form.method === 'POST')).toHaveLength(1);
    }
    expect(walked.end).toMatchObject({ kind: 'callback', params: { error: 'access_denied', state: 's', iss: hub.issuer } });
  });

  test('keep their cookies from scripts and from other sites', async () => {
    const { jar } = await come({ ...ANN, allow: 'all' });
    expect(jar.all().length).toBeGreaterThan(0);
    for (const cookie of jar.all()) expect(cookie.attributes).toEqual(expect.arrayContaining(['HttpOnly', 'SameSite=Lax', 'Path=/']));
  });

  test('let a person choose the tenant', async () => {
    const walked = await come({ ...BEA, tenant: 'beta', allow: 'all' });
    expect(walked.end).toMatchObject({ kind: 'callback', params: { code: expect.any(String) } });
    expect(await granted()).toEqual(['beta']);
  });

  test('let a person in by a code from the mailbox', async () => {
    const code = (): Promise<string> => hub.mailedCode(ANN.email);
    const walked = await come({ email: ANN.email, method: 'email_code', code, allow: 'all' });
    expect(story(walked).filter((line) => line.includes('email_code'))).toHaveLength(1);
    expect(walked.end).toMatchObject({ kind: 'callback', params: { code: expect.any(String) } });
  });

  test('do not let in whoever has the wrong password', async () => {
    const { end } = await come({ ...ANN, password: 'not-the-password-of-ann', allow: 'all' });
    expect(end).toMatchObject({ kind: 'page', why: 'the same page came back three times' });
  });
});
