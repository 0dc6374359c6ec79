import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decision } from '../../approvals/decide.store.ts';
import { effectsWorld, type Deeds, type EffectsWorld } from './effects.suite.ts';

describe('an approval that a flow asks', () => {
  let world: EffectsWorld;
  let one: Deeds;
  let other: Deeds;
  beforeAll(async () => {
    world = await effectsWorld();
    [one, other] = [await world.deeds(), await world.deeds()];
  });
  afterAll(() => world.close());

  const ask = (of: Partial<Parameters<Deeds['requestApproval']>[0]> = {}) =>
    ({ kind: 'requestApproval', from: { roles: ['lead'] }, count: 1, expiresIn: 3600, message: 'May Ann?', key: 'ok#3', ...of }) as const;
  const decide = (id: string, userId: string, verdict: Decision['verdict'] = 'give') =>
    world.deciding.decide({ id, userId, verdict, by: { initiator: 'human', actor: { user: userId }, origin: { request: 'req_2' } } });
  const last = () => world.announced.at(-1) ?? '';
  const ann = (id: string) => world.at({ id, user: 'ann', tenant: 'acme' });

  it('waits for those who may decide, in the tenant of the journey, and is told to them once', async () => {
    const at = await ann('jny_1');
    const answers = await Promise.all([one.requestApproval(ask(), at), other.requestApproval(ask(), at), one.requestApproval(ask(), at)]);
    expect(answers).toEqual(answers.map(() => ({ kind: 'approvalStands', state: 'pending' })));
    expect(new Set(world.announced).size).toBe(1);
    expect(await world.events('approval.requested')).toMatchObject([
      { tenant: 'acme', actor: { user: 'ann', client: 'web' }, data: { kind: 'flow', message: 'May Ann?' } },
    ]);
    expect(await decide(last(), 'ann')).toMatchObject({ ok: false, error: 'not_an_approver' });
    expect(await decide(last(), 'bob')).toMatchObject({ ok: true });
    expect(await one.requestApproval(ask(), at)).toEqual({ kind: 'approvalStands', state: 'given' });
  });

  it('is spent once: looked at again it is still given, and another journey asks anew', async () => {
    expect(await other.requestApproval(ask(), await ann('jny_1'))).toEqual({ kind: 'approvalStands', state: 'given' });
    expect(await world.events('approval.used')).toHaveLength(1);
    expect(await one.requestApproval(ask(), await ann('jny_2'))).toEqual({ kind: 'approvalStands', state: 'pending' });
    expect(await world.events('approval.requested')).toHaveLength(2);
  });

  it('is the same question for the same person who starts again, and was answered meanwhile', async () => {
    await decide(last(), 'bob');
    expect(await one.requestApproval(ask(), await ann('jny_3'))).toEqual({ kind: 'approvalStands', state: 'given' });
    expect(await world.events('approval.requested')).toHaveLength(2);
    // The journey that asked it first finds it spent by the other, and asks for its own.
    expect(await one.requestApproval(ask(), await ann('jny_2'))).toEqual({ kind: 'approvalStands', state: 'pending' });
    expect(await world.events('approval.requested')).toHaveLength(3);
  });

  it('is another question in another tenant, and nobody outside of it decides', async () => {
    const at = await world.at({ id: 'jny_4', user: 'ann', tenant: 'globex' });
    expect(await one.requestApproval(ask(), at)).toEqual({ kind: 'failed', reason: 'too_few_approvers' });
  });

  it('is refused for good, and a no stands for as long as the question would have', async () => {
    const at = await world.at({ id: 'jny_5', user: 'ann', tenant: 'acme' });
    const of = ask({ message: 'May Ann see payroll?', key: 'ok#8' });
    await one.requestApproval(of, at);
    await decide(last(), 'bob', 'refuse');
    expect(await other.requestApproval(of, at)).toEqual({ kind: 'approvalStands', state: 'refused' });
    expect(await one.requestApproval({ ...of, key: 'ok#1' }, await ann('jny_6'))).toEqual({ kind: 'approvalStands', state: 'refused' });
  });

  it('expires for the visit that asked, and may be asked anew', async () => {
    const of = ask({ message: 'For a minute', expiresIn: 60 });
    await one.requestApproval(of, await ann('jny_7'));
    world.clock.advance(61_000);
    expect(await one.requestApproval(of, await ann('jny_7'))).toEqual({ kind: 'approvalStands', state: 'expired' });
    expect(await one.requestApproval(of, await ann('jny_7'))).toEqual({ kind: 'approvalStands', state: 'expired' });
    expect(await one.requestApproval(of, await ann('jny_8'))).toEqual({ kind: 'approvalStands', state: 'pending' });
  });

  it.each([
    ['nobody has the role', { from: { roles: ['nobody'] } }],
    ['fewer people have it than are needed', { count: 2 }],
    ['the only one who might is who asks', { from: { roles: ['lead'] }, message: 'own' }],
    ['the client has no owner', { from: { owner: true } }],
  ] as const)('fails at once where %s', async (_why, of) => {
    const user = 'message' in of ? 'bob' : 'ann';
    const at = await world.at({ id: `jny_f_${user}_${JSON.stringify(of).length}`, user, tenant: 'acme' });
    expect(await one.requestApproval(ask(of), at)).toEqual({ kind: 'failed', reason: 'too_few_approvers' });
  });

  it('shows a message as one plain line, however its holes were filled', async () => {
    await one.requestApproval(ask({ message: `Let in\n\u202Eevil\u0007 ${'x'.repeat(900)}`, key: 'm#1' }), await ann('jny_9'));
    const seen = await world.deciding.see(last(), await world.user('bob'));
    expect(seen?.approval.request.flow?.message).toMatch(/^Let in evil x+…$/);
    expect(seen?.approval.request.flow?.message.length).toBeLessThanOrEqual(500);
  });
});
