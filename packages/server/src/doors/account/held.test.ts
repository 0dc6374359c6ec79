import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { authorizePath, furnish, openHub, type Hub } from '../journey/hub.suite.ts';
import { ANN, personAt, type Person } from './agents.suite.ts';

let hub: Hub;
let ann: Person;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
  ann = await personAt(hub, ANN);
});
afterAll(() => hub.close());
// A yes of later is told from one of before by its time.
beforeEach(() => hub.clock.advance(1_000));

const deed = async (kind: string, id: string, verb: string) => {
  const answer = await hub.admin('POST', `/admin/v1/${kind}/${id}/${verb}`, { reason: 'the test' });
  return { status: answer.status, body: z.looseObject({}).parse(await answer.json()) };
};
const newest = async (list: string): Promise<string> => {
  const { items } = z
    .object({ items: z.array(z.looseObject({ id: z.string() })) })
    .parse(await (await hub.admin('GET', `/admin/v1/${list}`)).json());
  return items.at(-1)?.id ?? '';
};
/** Whether the client gets a code when this person comes to allow it: they are shown that it is stopped, or the client is told no. */
const getsCode = async (): Promise<boolean> => {
  const shown = await ann.browser.open(authorizePath({ prompt: 'consent' }));
  const gone = shown.buttons.includes('allow') ? await ann.browser.submit(shown, 'allow', {}) : shown;
  if (gone.location === undefined) expect(gone.html).toContain('stopped');
  else expect(new URL(gone.location).searchParams.get('error')).toBe('access_denied');
  return gone.location?.includes('code=') === true;
};

describe('a person who allows anew what was stopped', () => {
  it('gives nothing while two people have not let go the agent that was there before its client was made anew', async () => {
    await hub.admin('PUT', '/admin/v1/settings/containment', { secondPerson: ['agent'], askedFor: 86_400 });
    await ann.allow();
    const agent = await newest('agents?client=web&user=ann');
    await deed('agents', agent, 'freeze');
    expect((await hub.admin('DELETE', '/admin/v1/clients/web')).status).toBe(204);
    await hub.client({ id: 'web', name: 'Acme Web', public: true, redirectUris: ['https://app.example/cb'] });
    expect([await getsCode(), await getsCode()]).toEqual([false, false]);
    const next = await newest('agents?client=web&user=ann');
    expect(next).not.toBe(agent);
    expect((await hub.events('agent.created')).at(-1)).toMatchObject({ target: { id: next }, data: { state: 'frozen' } });
    expect(await (await hub.admin('GET', '/admin/v1/containments?kind=agent')).json()).toMatchObject({
      items: [{ id: next, state: 'frozen', secondPerson: true, reason: 'the test' }],
      next: null,
    });
    expect(await deed('agents', next, 'unfreeze')).toMatchObject({ status: 200, body: { state: 'active', moved: true } });
    expect((await hub.events('agent.unfrozen')).at(-1)).toMatchObject({ target: { id: next }, data: { breakGlass: true } });
    await ann.allow();
    await hub.admin('PUT', '/admin/v1/settings/containment', { secondPerson: [], askedFor: 86_400 });
  });

  it('gives nothing by taking back first what an administrator froze', async () => {
    await ann.allow();
    const grant = await newest('grants?client=web&user=ann&state=active');
    await deed('grants', grant, 'freeze');
    expect(await getsCode()).toBe(false);
    await ann.press(await ann.agentPage(), 'revoke');
    expect(await (await hub.admin('GET', `/admin/v1/grants/${grant}`)).json()).toMatchObject({ state: 'revoked' });
    expect([await getsCode(), await getsCode()]).toEqual([false, false]);
    expect(await deed('grants', grant, 'unfreeze')).toMatchObject({ status: 200, body: { state: 'revoked', moved: true } });
    expect((await hub.events('grant.unfrozen')).at(-1)).toMatchObject({ target: { id: grant }, data: { gone: true } });
    expect((await deed('grants', grant, 'unfreeze')).status).toBe(409);
    await ann.allow();
  });
});
