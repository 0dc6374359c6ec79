import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { engines } from '../../../../testing/database.ts';
import type { House } from '../../../house.ts';
import { expireAll } from '../../../rooms/approvals/jobs.ts';
import type { Decision } from '../../../rooms/approvals/decide.store.ts';
import { basic, claimsOf, openWorld, OPS, SECRET, type Answer, type World } from './world.suite.ts';

const BANK = 'https://bank.test/api';
const PAY = { type: 'payment', amount: 25, creditor: 'Ann' };

for (const engine of engines()) {
  describe(`approvals that policy asks for, on ${engine}`, () => {
    let world: World;
    beforeAll(async () => {
      world = await openWorld(engine);
      const auth = { secrets: [{ value: SECRET }] };
      await world.apply({
        users: [
          { id: 'lea', email: 'lea@acme.test', tenants: [{ id: 'acme', roles: ['lead'] }] },
          { id: 'leo', email: 'leo@acme.test', tenants: [{ id: 'acme', roles: ['lead'] }] },
          { id: 'lou', email: 'lou@globex.test', tenants: [{ id: 'globex', roles: ['lead'] }] },
          { id: 'own', email: 'own@acme.test', tenants: [{ id: 'acme' }] },
        ],
        roles: [{ name: 'lead', permissions: [] }],
        clients: [
          { id: 'worker', name: 'Worker', kind: 'service', auth, tenants: ['acme'], owner: 'own' },
          { id: 'agent', name: 'Agent', public: true, redirectUris: ['http://127.0.0.1/callback'] },
        ],
        resources: [
          {
            id: 'bank',
            type: 'api',
            uri: BANK,
            scopes: [{ name: 'pay', risk: 'high' }, { name: 'see' }],
            detailTypes: [
              {
                type: 'payment',
                title: 'Make a payment',
                schema: { properties: { amount: { type: 'number' }, creditor: { type: 'string' } }, required: ['amount'] },
              },
            ],
          },
        ],
        policies: [
          { id: 'bank-all', effect: 'allow', subject: { any: true }, target: { resources: ['bank'] }, scopes: 'all' },
          rule('leads', { from: { roles: ['lead'] }, count: 1, expiresIn: 600 }),
        ],
      });
    });
    afterAll(() => world.close());
    // One for all tests: each node holds connections.
    let node: Promise<House> | undefined;
    const second = (): Promise<House> => (node ??= world.secondNode());
    // The limit of questions to people is per minute, and no test is about another's.
    beforeEach(() => world.clock.advance(61_000));

    function rule(id: string, approval: object, more: object = {}) {
      const reach = { subject: { any: true }, target: { resources: ['bank'] }, scopes: ['pay'] };
      return { id, effect: 'require', ...reach, require: { approval }, ...more };
    }
    let amount = 0;
    /** A request that nobody made before. */
    const fresh = (): Record<string, string> => ({ authorization_details: JSON.stringify([{ ...PAY, amount: (amount += 1) }]) });
    const ask = (more: Record<string, string> = {}, node?: House): Promise<Answer> =>
      world.token({ grant_type: 'client_credentials', resource: BANK, scope: 'pay', ...more }, basic('worker'), node);
    const asked = async (more: Record<string, string>): Promise<string> => {
      const answer = await ask(more);
      expect(answer).toMatchObject({ status: 400, body: { error: 'interaction_required', interval: 5 } });
      return answer.body['approval_id'] ?? '';
    };
    const decide = (id: string, userId: string, verdict: Decision['verdict'] = 'give', house: House = world.house) =>
      house.rooms.deciding.decide({
        id,
        userId,
        verdict,
        by: { initiator: 'human', actor: { user: userId }, origin: { request: 'test' } },
      });
    const types = async (id: string) => (await world.events()).filter(({ target }) => target?.id === id).map(({ type }) => type);

    it('asks for it once, however often the request comes, and says what it waits for', async () => {
      const more = fresh();
      const id = await asked(more);
      expect(id).toMatch(/^apr_[0-9a-v]{26}$/);
      expect(await asked(more)).toBe(id);
      expect(await ask({ ...more, approval_id: id })).toMatchObject({
        status: 400,
        body: { error: 'authorization_pending', approval_id: id },
      });
      expect(await ask({ ...more, approval_id: id })).toMatchObject({ status: 400, body: { error: 'slow_down', interval: 10 } });
      expect(await types(id)).toEqual(['approval.requested']);
    });

    it('finds the same request in any order of its words and on any node', async () => {
      const [detail] = JSON.parse(fresh()['authorization_details'] ?? '');
      const id = await asked({ authorization_details: JSON.stringify([detail]), scope: 'pay see' });
      const turned = JSON.stringify([Object.fromEntries(Object.entries(detail).toReversed())]);
      const other = await second();
      const again = await ask({ authorization_details: turned, scope: 'see pay' }, other);
      expect(again.body).toMatchObject({ error: 'interaction_required', approval_id: id });
    });

    it('makes one approval of twenty requests at once on two nodes', async () => {
      const [more, other] = [fresh(), await second()];
      const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => ask(more, index % 2 === 0 ? world.house : other)));
      expect(new Set(answers.map(({ body }) => body['approval_id'])).size).toBe(1);
      expect((await types(answers[0]?.body['approval_id'] ?? '')).filter((type) => type === 'approval.requested')).toHaveLength(1);
    });

    it('gives the token with what was approved in it, once', async () => {
      const more = fresh();
      const id = await asked(more);
      expect(await decide(id, 'lea')).toMatchObject({ ok: true, value: { state: 'given' } });
      const got = await ask({ ...more, approval_id: id });
      expect(got).toMatchObject({
        status: 200,
        body: { scope: 'pay', authorization_details: JSON.parse(more['authorization_details'] ?? '') },
      });
      expect(claimsOf(got.body['access_token'])).toMatchObject({
        approval_id: id,
        authorization_details: JSON.parse(more['authorization_details'] ?? ''),
        sub: 'worker',
      });
      expect(await types(id)).toEqual(['approval.requested', 'approval.given', 'approval.used']);
      expect(await ask({ ...more, approval_id: id })).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
      expect(await asked(more)).not.toBe(id);
    });

    it('gives it to the same request without the id too', async () => {
      const more = fresh();
      const id = await asked(more);
      await decide(id, 'lea');
      const got = await ask(more);
      expect(claimsOf(got.body['access_token'])).toMatchObject({ approval_id: id });
    });

    it('gives one token to twenty that fetch it at once on two nodes', async () => {
      const [more, other] = [fresh(), await second()];
      const id = await asked(more);
      await decide(id, 'lea');
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => ask({ ...more, approval_id: id }, index % 2 === 0 ? world.house : other)),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ body }) => body['error'] === 'invalid_grant')).toHaveLength(19);
      expect((await types(id)).filter((type) => type === 'approval.used')).toHaveLength(1);
    });

    it('is for exactly that request: other arguments, scopes or clients get nothing of it', async () => {
      const more = fresh();
      const id = await asked(more);
      await decide(id, 'lea');
      const changed: Record<string, string>[] = [
        { authorization_details: JSON.stringify([{ ...PAY, amount: 1_000_000 }]) },
        { scope: 'pay see' },
      ];
      for (const change of changed)
        expect(await ask({ ...more, ...change, approval_id: id })).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
      const outsider = await world.token(
        { grant_type: 'client_credentials', resource: BANK, scope: 'pay', ...more, approval_id: id },
        basic('outsider'),
      );
      expect(outsider).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
      expect((await ask({ ...more, approval_id: id })).status).toBe(200);
    });

    it('refuses an approval that never was in the same words', async () => {
      expect(await ask({ ...fresh(), approval_id: 'apr_00000000000000000000000000' })).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' },
      });
    });

    it('takes a no for good, and does not ask again while the question would be open', async () => {
      const more = fresh();
      const id = await asked(more);
      expect(await decide(id, 'lea', 'refuse')).toMatchObject({ ok: true, value: { state: 'refused' } });
      const ways: Record<string, string>[] = [{}, { approval_id: id }];
      for (const named of ways)
        expect(await ask({ ...more, ...named })).toMatchObject({ status: 400, body: { error: 'access_denied', approval_id: id } });
      expect(await decide(id, 'leo')).toMatchObject({ ok: false, error: 'over' });
      world.clock.advance(600_000);
      expect(await asked(more)).not.toBe(id);
      expect(await ask({ ...more, approval_id: id })).toMatchObject({ body: { error: 'access_denied' } });
    });

    it('is over after its time, decided or not, and then asked anew', async () => {
      const [first, second] = [fresh(), fresh()];
      const [undecided, given] = [await asked(first), await asked(second)];
      await decide(given, 'lea');
      world.clock.advance(600_000);
      expect(await decide(undecided, 'lea')).toMatchObject({ ok: false, error: 'over' });
      expect(await ask({ ...first, approval_id: undecided })).toMatchObject({ status: 400, body: { error: 'expired_token' } });
      expect(await ask({ ...second, approval_id: given })).toMatchObject({ status: 400, body: { error: 'expired_token' } });
      expect(await types(undecided)).toEqual(['approval.requested', 'journey.refused', 'approval.expired']);
      expect(await asked(first)).not.toBe(undecided);
    });

    it('writes the end of what nobody fetched', async () => {
      const id = await asked(fresh());
      // A row that the mailing holds at that moment would be left for the next minute.
      await world.settle();
      world.clock.advance(600_000);
      await expireAll({ audit: world.house.rooms.audit, clock: world.clock });
      expect(await types(id)).toEqual(['approval.requested', 'approval.expired']);
    });

    it('lets those decide whom the rule names, in the tenant of the request, once each', async () => {
      const id = await asked(fresh());
      expect(await decide(id, 'lou')).toMatchObject({ ok: false, error: 'not_an_approver' });
      expect(await decide(id, 'bob')).toMatchObject({ ok: false, error: 'not_an_approver' });
      expect(await decide(id, 'own')).toMatchObject({ ok: false, error: 'not_an_approver' });
      const { deciding, users } = world.house.rooms;
      const [lou, lea] = [await users.get('lou'), await users.get('lea')];
      if (lou === undefined || lea === undefined) throw new Error('two users were to be there');
      expect(await deciding.see(id, lou)).toBeUndefined();
      expect((await deciding.waitingFor(lou)).map((one) => one.id)).not.toContain(id);
      expect((await deciding.waitingFor(lea)).map((one) => one.id)).toContain(id);
    });

    it('mails those who may decide, and nobody else', async () => {
      const { mailer } = world.house.rooms;
      const id = await asked(fresh());
      await world.settle();
      const mails = mailer.kept().filter(({ text }) => text.includes(`/account/approvals/${id}`));
      expect(mails.map(({ to }) => to).toSorted()).toEqual(['lea@acme.test', 'leo@acme.test']);
      expect(mails[0]?.text).not.toMatch(/\bAnn\b/);
    });

    it('writes nobody a flood: the sixth question of an agent in a minute is put off', async () => {
      const answers: Answer[] = [];
      for (let times = 0; times < 7; times += 1) answers.push(await ask(fresh()));
      expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 429, 429]);
      expect(answers.at(-1)).toMatchObject({ body: { error: 'slow_down' } });
      expect((await world.events('approval.rate_limited')).at(-1)).toMatchObject({ tenant: 'acme', actor: { client: 'worker' } });
    });

    it('refuses details that the resource does not know, and details that no rule has approved', async () => {
      expect(await ask({ authorization_details: '[{"type":"other"}]' })).toMatchObject({
        body: { error: 'invalid_authorization_details' },
      });
      expect(await ask({ ...fresh(), scope: 'see' })).toMatchObject({ status: 400, body: { error: 'invalid_authorization_details' } });
    });

    describe('of several people', () => {
      beforeAll(() => world.apply({ policies: [rule('leads', { from: { roles: ['lead'], owner: true }, count: 2, expiresIn: 600 })] }));
      afterAll(() => world.apply({ policies: [rule('leads', { from: { roles: ['lead'] }, count: 1, expiresIn: 600 })] }));

      it('needs as many as the rule says, each of them once, the owner of the client among them', async () => {
        const more = fresh();
        const id = await asked(more);
        expect(await decide(id, 'lea')).toMatchObject({ ok: true, value: { state: 'pending' } });
        expect(await decide(id, 'lea')).toMatchObject({ ok: false, error: 'voted' });
        expect(await ask({ ...more, approval_id: id })).toMatchObject({ body: { error: 'authorization_pending' } });
        expect(await decide(id, 'own')).toMatchObject({ ok: true, value: { state: 'given' } });
        expect((await ask({ ...more, approval_id: id })).status).toBe(200);
      });

      it('counts two who say yes at once on two nodes as two, and one who says it ten times as one', async () => {
        const other = await second();
        const [one, two] = [await asked(fresh()), await asked(fresh())];
        const both = await Promise.all([decide(one, 'lea'), decide(one, 'leo', 'give', other)]);
        expect(both.every(({ ok }) => ok)).toBe(true);
        const ten = await Promise.all(
          Array.from({ length: 10 }, (_, index) => decide(two, 'lea', 'give', index % 2 === 0 ? world.house : other)),
        );
        expect(ten.filter(({ ok }) => ok)).toHaveLength(1);
        const states = await Promise.all([one, two].map(async (id) => (await world.admin('GET', `/admin/v1/approvals/${id}`)).json()));
        expect(states).toMatchObject([{ state: 'given' }, { state: 'pending', needs: [{ rule: 'leads', count: 2, given: 1 }] }]);
      });

      it('has one outcome when some say yes, some say no and the time runs out, all at once', async () => {
        const other = await second();
        for (let round = 0; round < 4; round += 1) {
          world.clock.advance(61_000);
          const id = await asked(fresh());
          await decide(id, 'lea');
          await Promise.all([
            decide(id, 'leo', 'give'),
            decide(id, 'own', 'refuse', other),
            Promise.resolve(round % 2 === 0 ? undefined : world.clock.advance(600_000)),
            expireAll({ audit: world.house.rooms.audit, clock: world.clock }),
          ]);
          // The job passes over what somebody holds just then, and comes again.
          await expireAll({ audit: world.house.rooms.audit, clock: world.clock });
          const ends = (await world.events()).filter(
            ({ type, target, data }) =>
              target?.id === id &&
              (type === 'approval.refused' || type === 'approval.expired' || (type === 'approval.given' && data['complete'] === true)),
          );
          expect(ends).toHaveLength(1);
        }
      });
    });

    describe('of what an agent does for a user', () => {
      const come = async (user: string) => {
        const { code } = await world.login({ client: 'agent', user, resource: 'bank', scopes: ['pay'] });
        return world.redeem(code, { client_id: 'agent' });
      };

      it('is asked when the code is redeemed, and spent by the next code for the same', async () => {
        const first = await come('leo');
        expect(first).toMatchObject({ status: 400, body: { error: 'interaction_required' } });
        const id = first.body['approval_id'] ?? '';
        const { announcer, mailer } = world.house.rooms;
        await announcer.announceDue();
        await world.settle();
        expect(mailer.kept().some(({ to, text }) => to === 'lea@acme.test' && text.includes(id))).toBe(true);
        expect(await decide(id, 'lea')).toMatchObject({ ok: true });
        const second = await come('leo');
        expect(second.status).toBe(200);
        expect(claimsOf(second.body['access_token'])).toMatchObject({ sub: 'leo', approval_id: id });
        // A refresh is another token: it needs another approval.
        expect(await world.refresh(second.body['refresh_token'], { client_id: 'agent' })).toMatchObject({
          status: 400,
          body: { error: 'interaction_required' },
        });
      });

      it('is not for the user themselves to give, unless the rule names them', async () => {
        world.clock.advance(61_000);
        const id = (await come('lea')).body['approval_id'] ?? '';
        expect(await decide(id, 'lea')).toMatchObject({ ok: false, error: 'not_an_approver' });
        await world.apply({ policies: [rule('leads', { from: { users: ['lea'] }, count: 1, expiresIn: 600 })] });
        const named = (await come('lea')).body['approval_id'] ?? '';
        expect(named).not.toBe(id);
        expect(await decide(named, 'lea')).toMatchObject({ ok: true, value: { state: 'given' } });
        await world.apply({ policies: [rule('leads', { from: { roles: ['lead'] }, count: 1, expiresIn: 600 })] });
      });

      it('is no way around a stop: who was frozen after saying yes gets nothing, and who is frozen decides nothing', async () => {
        const id = (await come('leo')).body['approval_id'] ?? '';
        const by = { initiator: 'hub', actor: {}, origin: { request: 'test' } } as const;
        await world.house.rooms.contain({ kind: 'user', id: 'lea', to: 'frozen', reason: 'test', by });
        expect(await decide(id, 'lea')).toMatchObject({ ok: false, error: 'unknown' });
        await world.house.rooms.contain({ kind: 'user', id: 'lea', to: 'active', reason: 'test', by });
      });
    });

    describe('in the admin API', () => {
      it('are listed with the exact request, by state, tenant and client', async () => {
        const more = fresh();
        const id = await asked(more);
        const list = async (query: string) => (await world.admin('GET', `/admin/v1/approvals?limit=200&${query}`)).json();
        const { items } = await list('state=pending&tenant=acme&client=worker');
        expect(items.find((one: { id: string }) => one.id === id)).toMatchObject({
          client: 'worker',
          tenant: 'acme',
          resource: 'bank',
          scopes: ['pay'],
          authorizationDetails: JSON.parse(more['authorization_details'] ?? ''),
          needs: [{ rule: 'leads', from: { roles: ['lead'] }, count: 1, given: 0 }],
        });
        expect((await list('tenant=globex')).items).toEqual([]);
      });

      it('are given by nobody but an approver, also with the admin token, and refused by any administrator', async () => {
        const id = await asked(fresh());
        const given = await world.admin('POST', `/admin/v1/approvals/${id}/give`, {});
        expect([given.status, (await given.json()).type]).toEqual([403, 'urn:writ:problem:not_an_approver']);
        const refused = await world.admin('POST', `/admin/v1/approvals/${id}/refuse`, { reason: 'no such supplier' });
        expect(await refused.json()).toMatchObject({ state: 'refused', reason: 'no such supplier' });
        expect((await world.admin('POST', `/admin/v1/approvals/${id}/refuse`, {})).status).toBe(409);
        expect((await world.admin('POST', '/admin/v1/approvals/apr_none/refuse', {})).status).toBe(404);
        expect((await world.events('approval.refused')).at(-1)).toMatchObject({ initiator: 'admin', reason: 'no such supplier' });
      });

      it('are not given by the agent that asks, with a token of its approver (self-approval)', async () => {
        const id = await asked(fresh());
        const by = (client: string) =>
          world.house.rooms.deciding.decide({
            id,
            userId: 'lea',
            verdict: 'give',
            by: { initiator: 'admin', actor: { user: 'lea', client }, origin: { request: 'test' } },
          });
        expect(await by('worker')).toMatchObject({ ok: false, error: 'not_an_approver' });
        expect(await by('loner')).toMatchObject({ ok: true, value: { state: 'given' } });
      });
    });

    it('leaves what needs no approval as it was', async () => {
      expect(
        (await world.token({ grant_type: 'client_credentials', resource: OPS, scope: 'incidents:read' }, basic('worker'))).status,
      ).toBe(200);
    });
  });
}
