import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Shown } from './browser.suite.ts';
import { authorizePath, furnish, openHub, PASSWORD, type Hub } from './hub.suite.ts';

let hub: Hub;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
});
afterAll(() => hub.close());

const ANN = { email: 'ann@acme.test', password: PASSWORD };
const BOB = { email: 'bob@acme.test', password: PASSWORD };
const WRITE = 'incidents:write';
const scopesOn = (page: Shown): string[] => page.fields.filter((field) => field.name === 'scope').map((field) => field.value);
const answer = (page: Shown): URLSearchParams => new URL(page.location ?? 'about:blank').searchParams;

/** Runs `deed` while a rule requires this of writing incidents (or of other scopes). */
async function under<T>(require: Record<string, unknown>, deed: () => Promise<T>, scopes: readonly string[] | 'all' = [WRITE]): Promise<T> {
  await hub.policy({ id: 'wants', effect: 'require', subject: { any: true }, target: { resources: ['ops'] }, scopes, require });
  try {
    return await deed();
  } finally {
    await hub.admin('DELETE', '/admin/v1/policies/wants');
  }
}

async function signedIn(who = ANN, changes: Parameters<typeof authorizePath>[0] = {}): Promise<{ browser: Browser; page: Shown }> {
  const browser = hub.browser();
  return { browser, page: await browser.submit(await browser.open(authorizePath({ prompt: 'consent', ...changes })), 'continue', who) };
}

async function byMail(browser: Browser, page: Shown, email = ANN.email): Promise<Shown> {
  const asked = await browser.submit(page, 'email_code', { email });
  await hub.settle();
  const mail = hub.mailer.kept().at(0);
  return browser.submit(asked, 'continue', { code: /\b\d{6}\b/.exec(mail?.text ?? '')?.[0] ?? '' });
}

describe('a scope that wants a stronger sign-in than there is', () => {
  it('is not on the page, and the page says why', () =>
    under({ stepUp: { acr: ['3'] } }, async () => {
      const { browser, page } = await signedIn();
      expect(scopesOn(page)).toEqual(['incidents:read']);
      expect(page.html).toMatch(/Not offered now:\s*<bdi>Write incidents<\/bdi>, which needs a stronger sign-in/);
      expect(answer(await browser.submit(page, 'allow')).has('code')).toBe(true);
      expect((await hub.events('consent.granted')).at(-1)?.data['scopes']).not.toContain(WRITE);
    }));

  it('cannot be allowed by a page that was made up', () =>
    under({ stepUp: { acr: ['3'] } }, async () => {
      const { browser, page } = await signedIn();
      const end = await browser.submit(page, 'allow', { scope: [WRITE] });
      expect(end).toMatchObject({ status: 400, location: undefined });
    }));

  it('ends a request for nothing else: the person reads why, the client hears unmet_authentication_requirements', () =>
    under(
      { stepUp: { acr: ['3'] } },
      async () => {
        const { browser, page } = await signedIn();
        expect(page.html).toContain('want a stronger sign-in for this');
        const end = await browser.submit(page, 'continue');
        expect(answer(end).get('error')).toBe('unmet_authentication_requirements');
        const entry = (await hub.events('journey.refused')).at(-1);
        expect(entry).toMatchObject({ reason: 'step_up_required', outcome: 'refused', decision: expect.stringMatching(/^dec_/) });
      },
      'all',
    ));

  it('does not end prompt=none, which goes on with what there is or says that a page is needed', () =>
    under({ stepUp: { amr: ['otp'] } }, async () => {
      const { browser, page } = await signedIn();
      expect(page.html).toContain('a sign-in with a code');
      const quiet = await browser.open(authorizePath({ prompt: 'none', scope: 'incidents:read' }));
      expect(['login_required', 'consent_required', null]).toContain(answer(quiet).get('error'));
    }));
});

describe('a scope that wants another way of signing in', () => {
  it('has the journey ask for it, and is on the page then', () =>
    under({ stepUp: { amr: ['otp'] } }, async () => {
      const { browser, page } = await signedIn();
      expect(page.html).toContain('needs a sign-in with a code from your mailbox');
      expect(page.fields.find(({ name }) => name === 'email')?.value).toBe(ANN.email);
      const consent = await byMail(browser, page);
      expect(scopesOn(consent)).toEqual(['incidents:read', WRITE]);
      expect(answer(await browser.submit(consent, 'allow')).has('code')).toBe(true);
    }));

  it('is asked for the other way round as well', () =>
    under({ stepUp: { amr: ['pwd'] } }, async () => {
      const browser = hub.browser();
      const page = await byMail(browser, await browser.open(authorizePath({ prompt: 'consent' })));
      expect(page.html).toContain('Enter your password again');
      expect(scopesOn(await browser.submit(page, 'continue', ANN))).toContain(WRITE);
    }));

  it('is asked for once: who signs in as before goes on without', () =>
    under({ stepUp: { amr: ['otp'] } }, async () => {
      const { browser, page } = await signedIn();
      const consent = await browser.submit(page, 'continue', ANN);
      expect(scopesOn(consent)).toEqual(['incidents:read']);
      expect(consent.html).toContain('which needs a stronger sign-in');
    }));

  it('carries nothing over when somebody else signs in on the way', () =>
    under({ stepUp: { amr: ['otp'] } }, async () => {
      const { browser, page } = await signedIn();
      const other = await browser.submit(page, 'continue', BOB);
      // Bob belongs to two tenants: Ann's was not his choice.
      expect(other.fields.filter(({ name }) => name === 'tenant').map(({ value }) => value)).toEqual(['acme', 'globex']);
    }));
});

describe('acr_values', () => {
  it('is voluntary: a level that there is not goes on with the one there is', async () => {
    const { browser, page } = await signedIn(ANN, { acr_values: '2 3' });
    expect(page.buttons).toContain('allow');
    expect(answer(await browser.submit(page, 'allow')).has('code')).toBe(true);
  });

  it('that is reached asks nothing more', async () => {
    const { page } = await signedIn(ANN, { acr_values: '2 1' });
    expect(page.buttons).toContain('allow');
  });
});

describe('a scope that wants consent again', () => {
  const PATH = authorizePath({ scope: WRITE });

  it('is asked about in every journey, though it was allowed before', async () => {
    const { browser, page } = await signedIn();
    await browser.submit(page, 'allow');
    expect((await browser.open(PATH)).location).toContain('code=');
    await under({ reconsent: true }, async () => {
      const again = await browser.open(PATH);
      expect(again.buttons).toContain('allow');
      expect((await browser.submit(again, 'allow')).location).toContain('code=');
      expect((await browser.open(PATH)).buttons).toContain('allow');
      expect((await browser.open(authorizePath({ scope: 'incidents:read', prompt: 'none' }))).location).toBeDefined();
      expect(answer(await browser.open(authorizePath({ scope: WRITE, prompt: 'none' }))).get('error')).toBe('consent_required');
    });
  });

  it('is asked about again when consent has grown old, and not before', () =>
    under({ reconsent: { maxAge: 3600 } }, async () => {
      const { browser, page } = await signedIn();
      await browser.submit(page, 'allow');
      expect((await browser.open(PATH)).location).toContain('code=');
      hub.clock.advance(3_600_001);
      const again = await browser.open(PATH);
      expect(again.buttons).toContain('allow');
      await browser.submit(again, 'allow');
      expect((await browser.open(PATH)).location).toContain('code=');
    }));

  it('is asked about for a first-party client too', () =>
    under({ reconsent: { maxAge: 3600 } }, async () => {
      const { page } = await signedIn(ANN, { client_id: 'own', redirect_uri: 'https://own.example/cb', prompt: null });
      expect(page.buttons).toContain('allow');
    }));
});

it('a scope that wants an approval is on the page, which says that somebody else must agree', () =>
  under({ approval: { from: { users: ['bob'] } } }, async () => {
    const { page } = await signedIn();
    expect(scopesOn(page)).toContain(WRITE);
    expect(page.html).toContain('Somebody else has to agree each time');
  }));
