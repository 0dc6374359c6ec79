import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FLOW_TEMPLATES } from '@writ/flow';
import { createClientDirectory } from '../../rooms/clients/directory.store.ts';
import { documentAt } from '../../rooms/clients/documents.suite.ts';
import { jsonAnswer } from '../../rooms/clients/world.suite.ts';
import { authorizePath, furnish, ISSUER, openHub, type Hub } from '../journey/hub.suite.ts';

const REVIEW = FLOW_TEMPLATES.find(({ id }) => id === 'registration-review')?.flow;

type Registered = { status: number; body: Record<string, unknown> };

/** What the feed tells of a decision is heard at once where it was made; what follows is awaited here. */
async function heard(hub: Hub): Promise<void> {
  await hub.settle();
}

async function register(hub: Hub, host: string, changes: Record<string, unknown> = {}): Promise<Registered> {
  const response = await hub.house.fetch(
    new Request('http://localhost:8787/oauth/register', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_name: `Agent of ${host}`,
        redirect_uris: [`https://${host}/cb`],
        token_endpoint_auth_method: 'none',
        ...changes,
      }),
    }),
  );
  return { status: response.status, body: await response.json() };
}

describe('the review of a client that registers itself', () => {
  let hub: Hub;
  beforeAll(async () => {
    hub = await openHub();
    await furnish(hub);
    await hub.role({ name: 'client-reviewer', permissions: [] });
    await hub.user({ id: 'rex', email: 'rex@acme.test', tenants: [{ id: 'acme', roles: ['client-reviewer'] }] });
    await hub.flow({ ...REVIEW, assign: { everywhere: true } });
  });
  afterAll(() => hub.close());
  // People are asked five times a minute at most.
  beforeEach(() => hub.clock.advance(61_000));

  const client = async (id: unknown) => (await hub.admin('GET', `/admin/v1/clients/${encodeURIComponent(String(id))}`)).json();
  const stopped = async (id: unknown): Promise<unknown[]> =>
    (await (await hub.admin('GET', `/admin/v1/containments?kind=client&id=${encodeURIComponent(String(id))}`)).json()).items;
  const pending = async (): Promise<{ id: string; client: string; flow: { message: string; redirectUris: string[] } }[]> =>
    (await (await hub.admin('GET', '/admin/v1/approvals?state=pending')).json()).items;
  const decide = (id: string, userId: string, verdict: 'give' | 'refuse') =>
    hub.house.rooms.deciding.decide({
      id,
      userId,
      verdict,
      by: { initiator: 'human', actor: { user: userId }, origin: { request: 'req_t' } },
    });
  const authorize = async (id: unknown, redirectUri: string) =>
    hub.browser().open(authorizePath({ client_id: String(id), redirect_uri: redirectUri }));

  it('lets in a client of a known host at once, with the tags of the flow', async () => {
    const { status, body } = await register(hub, 'agents.acme.test');
    expect(status).toBe(201);
    expect(body).not.toHaveProperty('registration_status');
    expect(await client(body['client_id'])).toMatchObject({ state: 'active', tags: ['known-host'], status: 'unverified' });
    const page = await authorize(body['client_id'], 'https://agents.acme.test/cb');
    expect(page.status).toBe(200);
  });

  it.each([
    ['a host of its own', ['https://agents.acme.test/cb', 'https://evil.example/cb']],
    ['a program of its own', ['https://agents.acme.test/cb', 'evil.example.app:/cb']],
  ])('lets in none at once that names a known host beside %s', async (_, redirects) => {
    const { body } = await register(hub, 'agents.acme.test', { redirect_uris: redirects });
    expect(body).toMatchObject({ registration_status: 'pending' });
    expect(await client(body['client_id'])).toMatchObject({ state: 'frozen', tags: [] });
  });

  it('refuses one with the sentence of the author, keeps nothing of it, and writes why', async () => {
    const before = await hub.count('clients');
    expect(await register(hub, 'thing.invalid')).toEqual({
      status: 400,
      body: expect.objectContaining({
        error: 'invalid_client_metadata',
        error_description: 'This hub does not take registrations of this client.',
      }),
    });
    expect(await hub.count('clients')).toBe(before);
    expect((await hub.events('client.refused')).at(-1)).toMatchObject({ reason: expect.stringContaining('review: ') });
  });

  it('keeps one that people have to look at without standing, and says so', async () => {
    const { status, body } = await register(hub, 'tools.example');
    expect([status, body['registration_status']]).toEqual([201, 'pending']);
    expect(await client(body['client_id'])).toMatchObject({ state: 'frozen' });
    expect(await stopped(body['client_id'])).toMatchObject([{ reason: 'registration_review', by: {} }]);
    const page = await authorize(body['client_id'], 'https://tools.example/cb');
    expect(page.html).toContain('has not been let in here yet');
    const asked = (await pending()).find((one) => one.client === body['client_id']);
    expect(asked?.flow).toMatchObject({
      message: 'The client Agent of tools.example of tools.example asks to register.',
      redirectUris: ['https://tools.example/cb'],
    });
    expect(
      await hub.house.rooms.deciding.decide({
        id: asked?.id ?? '',
        userId: 'ann',
        verdict: 'give',
        by: { initiator: 'human', actor: { user: 'ann' }, origin: { request: 'r' } },
      }),
    ).toMatchObject({ ok: false });
    expect(await decide(asked?.id ?? '', 'rex', 'give')).toMatchObject({ ok: true });
    await heard(hub);
    expect(await client(body['client_id'])).toMatchObject({ state: 'active', tags: ['reviewed'] });
    expect(await stopped(body['client_id'])).toEqual([]);
    expect((await authorize(body['client_id'], 'https://tools.example/cb')).status).toBe(200);
    expect((await hub.events('approval.used')).length).toBe(1);
  });

  it('removes one that people refused', async () => {
    const { body } = await register(hub, 'other.example');
    const asked = (await pending()).find((one) => one.client === body['client_id']);
    await decide(asked?.id ?? '', 'rex', 'refuse');
    await heard(hub);
    expect((await hub.admin('GET', `/admin/v1/clients/${String(body['client_id'])}`)).status).toBe(404);
  });

  it('goes on once, whichever node hears of the answer', async () => {
    const second = await hub.secondNode();
    const { body } = await register(hub, 'race.example');
    const asked = (await pending()).find((one) => one.client === body['client_id']);
    await decide(asked?.id ?? '', 'rex', 'give');
    await Promise.all([second.rooms.reviews.resumeDue(), hub.house.rooms.reviews.resumeDue(), heard(hub)]);
    const entries = (await hub.events('client.unfrozen')).filter(({ target }) => target?.id === body['client_id']);
    expect(entries).toHaveLength(1);
    expect(await client(body['client_id'])).toMatchObject({ state: 'active', tags: ['reviewed'] });
  });

  it('leaves one stopped that an administrator has revoked while it waited', async () => {
    const { body } = await register(hub, 'stopped.example');
    await hub.admin('POST', `/admin/v1/clients/${String(body['client_id'])}/revoke`, { reason: 'no' });
    const asked = (await pending()).find((one) => one.client === body['client_id']);
    await decide(asked?.id ?? '', 'rex', 'give');
    await heard(hub);
    expect(await client(body['client_id'])).toMatchObject({ state: 'revoked' });
  });

  it('asks people no more than they can answer, and turns away who comes too often', async () => {
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((nth) => register(hub, `flood-${nth}.example`)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 201, 201, 201, 503]);
  });

  it('leaves one in that an administrator has let in while it waited, whatever people say then', async () => {
    const { body } = await register(hub, 'let-in.example');
    await hub.admin('POST', `/admin/v1/clients/${String(body['client_id'])}/unfreeze`, { reason: 'known' });
    const asked = (await pending()).find((one) => one.client === body['client_id']);
    await decide(asked?.id ?? '', 'rex', 'refuse');
    await heard(hub);
    expect(await client(body['client_id'])).toMatchObject({ state: 'active' });
  });

  it('turns away, by the clock, one about whom nobody said anything in time', async () => {
    const { body } = await register(hub, 'slow.example');
    hub.clock.advance(604_801_000);
    await hub.house.rooms.reviews.resumeDue();
    expect((await hub.admin('GET', `/admin/v1/clients/${String(body['client_id'])}`)).status).toBe(404);
    expect((await hub.events('client.refused')).at(-1)).toMatchObject({ target: { id: body['client_id'] } });
  });

  const rewrite = async (body: Registered['body'], redirect: string): Promise<Registered> => {
    const response = await hub.house.fetch(
      new Request(String(body['registration_client_uri']), {
        method: 'PUT',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${String(body['registration_access_token'])}` },
        body: JSON.stringify({
          client_id: body['client_id'],
          client_name: 'Agent',
          redirect_uris: [redirect],
          token_endpoint_auth_method: 'none',
        }),
      }),
    );
    return { status: response.status, body: await response.json() };
  };

  it('reviews again what a client changes of itself, so that one yes is not good for another address', async () => {
    const { body } = await register(hub, 'b.acme.test');
    const put = (redirect: string): Promise<Registered> => rewrite(body, redirect);
    expect(await put('https://x.invalid/cb')).toMatchObject({ status: 400, body: { error: 'invalid_client_metadata' } });
    expect(await put('https://c.example/cb')).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    const asked = (await pending()).find((one) => one.client === body['client_id']);
    await decide(asked?.id ?? '', 'rex', 'give');
    expect(await put('https://d.example/cb')).toMatchObject({ status: 503 });
    expect(await put('https://c.example/cb')).toMatchObject({ status: 200, body: { redirect_uris: ['https://c.example/cb'] } });
    // What it was given for the address that it had goes with that address.
    expect(await client(body['client_id'])).toMatchObject({ tags: ['reviewed'] });
  });

  it('asks nobody about what a client changes that may change nothing', async () => {
    const { body } = await register(hub, 'waits.example');
    const before = (await pending()).length;
    expect(await rewrite(body, 'https://waits-2.example/cb')).toMatchObject({ status: 401 });
    expect(await pending()).toHaveLength(before);
  });

  it('gives a client by a change nothing that an administrator took from it', async () => {
    const { body } = await register(hub, 'c.acme.test');
    const of = `/admin/v1/clients/${String(body['client_id'])}`;
    const patched = await hub.admin('PATCH', of, { tags: ['watched'], owner: 'dan', scopes: ['incidents:read'] });
    expect(patched.status).toBe(200);
    for (const redirect of ['https://d.acme.test/cb', 'https://c.acme.test/cb']) {
      expect(await rewrite(body, redirect)).toMatchObject({ status: 200 });
      expect(await client(body['client_id'])).toMatchObject({ tags: ['watched'], owner: 'dan', scopes: ['incidents:read'] });
    }
  });

  it('holds for a client that is a document when it is first seen, and again when it sends its codes elsewhere', async () => {
    const { rooms } = hub.house;
    const redirectOf = new Map([
      ['https://doc.example/agent.json', 'https://doc.example/cb'],
      ['https://bad.example/agent.json', 'https://x.invalid/cb'],
    ]);
    const directory = createClientDirectory({
      ...rooms,
      clock: hub.clock,
      issuer: ISSUER,
      allowLoopback: true,
      outbound: {
        get: (url) =>
          Promise.resolve(jsonAnswer(documentAt(url, { redirect_uris: [redirectOf.get(url)] }), { 'cache-control': 'max-age=60' })),
      },
      review: (of) => rooms.reviews.review(of),
    });
    const id = 'https://doc.example/agent.json';
    expect(await directory.find(id)).toMatchObject({ ok: true, value: { state: 'frozen', underReview: true } });
    const asked = (await pending()).find((one) => one.client === id);
    await decide(asked?.id ?? '', 'rex', 'give');
    await heard(hub);
    expect(await directory.find(id)).toMatchObject({ ok: true, value: { state: 'active', tags: ['reviewed'] } });
    redirectOf.set(id, 'https://elsewhere.example/cb');
    hub.clock.advance(120_000);
    expect(await directory.find(id)).toMatchObject({ ok: false, error: { reason: 'registration_refused', detail: 'change_pending' } });
    expect(await client(id)).toMatchObject({ state: 'active', redirectUris: ['https://doc.example/cb'] });
    const again = (await pending()).find((one) => one.client === id);
    expect(again?.flow.redirectUris).toEqual(['https://elsewhere.example/cb']);
    await decide(again?.id ?? '', 'rex', 'give');
    hub.clock.advance(120_000);
    expect(await directory.find(id)).toMatchObject({
      ok: true,
      value: { state: 'active', redirectUris: ['https://elsewhere.example/cb'], tags: ['reviewed'] },
    });
    expect(await directory.find('https://bad.example/agent.json')).toMatchObject({
      ok: false,
      error: { reason: 'registration_refused', message: 'This hub does not take registrations of this client.' },
    });
  });

  it('refuses a client whose record it cannot fill in as its author wanted', async () => {
    await hub.flow({
      id: 'registration-review',
      name: 'x',
      purpose: 'registration',
      start: 'done',
      nodes: [{ id: 'done', kind: 'complete', outputs: { owner: '"nobody"' } }],
      edges: [],
      assign: { everywhere: true },
    });
    expect(await register(hub, 'agents.acme.test')).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    await hub.flow({
      id: 'registration-review',
      name: 'x',
      purpose: 'registration',
      start: 'done',
      nodes: [{ id: 'done', kind: 'complete', outputs: { owner: '"ann"', scopes: '["incidents:read"]' } }],
      edges: [],
      assign: { everywhere: true },
    });
    const { body } = await register(hub, 'agents.acme.test');
    expect(await client(body['client_id'])).toMatchObject({ owner: 'ann', scopes: ['incidents:read'] });
  });
});
