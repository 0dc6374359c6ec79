import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tx } from '../../base/db.ts';
import { engines } from '../../../testing/database.ts';
import { consumeLink, makeLink, peekLink, type LinkPurpose } from './link.store.ts';
import { openUsers, START, type Users } from './users.suite.ts';

for (const engine of engines()) {
  describe(`one-time links on ${engine}`, () => {
    let users: Users;
    beforeAll(async () => {
      users = await openUsers(engine);
    });
    afterAll(() => users.close());

    const inTx = <T>(work: (tx: Tx) => Promise<T>, node = 0): Promise<T> => (users.nodes[node] ?? users).db.transaction().execute(work);
    const make = (subject: string, purpose: LinkPurpose = 'console') =>
      inTx((tx) => makeLink(tx, purpose, { subject, back: '/x' }, START + 1_000));
    const consume = (secret: string, now = START, purpose: LinkPurpose = 'console', node = 0) =>
      inTx((tx) => consumeLink(tx, purpose, secret, now), node);

    it('open once', async () => {
      const secret = await make('one');
      expect(await consume(secret)).toEqual({ subject: 'one', back: '/x' });
      expect(await consume(secret)).toBeUndefined();
    });

    it('used twenty times at once on two nodes open once (056)', async () => {
      const secret = await make('many');
      const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => consume(secret, START, 'console', index % 2)));
      expect(answers.filter((answer) => answer !== undefined)).toEqual([{ subject: 'many', back: '/x' }]);
    });

    it('looked at are not used (057)', async () => {
      const secret = await make('seen');
      for (let index = 0; index < 3; index += 1) expect(await peekLink(users.db, 'console', secret, START)).toBeDefined();
      expect(await consume(secret)).toBeDefined();
      expect(await peekLink(users.db, 'console', secret, START)).toBeUndefined();
    });

    it('of one purpose are nothing to the redeemer of another', async () => {
      const secret = await make('typed', 'password-reset');
      expect(await consume(secret)).toBeUndefined();
      expect(await peekLink(users.db, 'console', secret, START)).toBeUndefined();
      expect(await consume(secret, START, 'password-reset')).toBeDefined();
    });

    it('open until their time, and not in the millisecond of it', async () => {
      const [early, late] = [await make('timed-a'), await make('timed-b')];
      expect(await consume(early, START + 999)).toBeDefined();
      expect(await consume(late, START + 1_000)).toBeUndefined();
    });

    it('of the same purpose and subject die when one is used; others live (056)', async () => {
      const [older, used, newer] = [await make('kin'), await make('kin'), await make('kin')];
      const [foreign, elsewhere] = [await make('stranger'), await make('kin', 'password-reset')];
      expect(await consume(used)).toBeDefined();
      expect([await consume(older), await consume(newer)]).toEqual([undefined, undefined]);
      expect(await consume(foreign)).toBeDefined();
      expect(await consume(elsewhere, START, 'password-reset')).toBeDefined();
    });

    it('of one subject used all at once open once', async () => {
      const secrets = await Promise.all(Array.from({ length: 10 }, () => make('crowd')));
      const entry = { type: 'login.succeeded', initiator: 'human', actor: {}, outcome: 'success', origin: { request: 'req_1' } } as const;
      const answers = await Promise.all(
        secrets.map((secret, index) =>
          (users.nodes[index % 2] ?? users).audit.commit(async (tx) => ({
            value: await consumeLink(tx, 'console', secret, START),
            entries: [entry],
          })),
        ),
      );
      expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1);
    });
  });
}
