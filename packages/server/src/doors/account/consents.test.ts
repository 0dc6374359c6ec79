import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { House } from '../../house.ts';
import type { Shown } from '../journey/browser.suite.ts';
import { DONE, drawn, SIGN_IN } from '../journey/drawn.suite.ts';
import { furnish, openHub, PASSWORD, type Hub } from '../journey/hub.suite.ts';
import { ANN, BOB, personAt, renew, type Person } from './agents.suite.ts';

const PATH = '/account/organisations';
let hub: Hub;
let second: House;
let ada: Person;
let ann: Person;
beforeAll(async () => {
  hub = await openHub();
  await furnish(hub);
  second = await hub.secondNode();
  await hub.role({ name: 'owner', permissions: ['consent.manage'] });
  await hub.user({ id: 'ada', email: 'ada@acme.test', tenants: [{ id: 'acme', roles: ['owner'] }] });
  await hub.user({ id: 'ola', email: 'ola@globex.test', tenants: [{ id: 'globex', roles: ['owner'] }] });
  const nodes = [SIGN_IN, { id: 'tenant', kind: 'selectTenant', required: true }, { id: 'org', kind: 'tenantConsent' }, DONE];
  await drawn(hub, 'org', { nodes }, 'web');
  ada = await personAt(hub, { email: 'ada@acme.test', password: PASSWORD });
  ann = await personAt(hub, ANN);
});
afterAll(() => hub.close());

/** Allowed anew for everybody in Acme; and what Ann has by it. */
async function allowed() {
  await ada.allow();
  return ann.allow({ prompt: null });
}
const fieldOf = (page: Shown, name: string): string => page.fields.find((field) => field.name === name)?.value ?? '';
const press = (who: Person, page: Shown, action: string, fields: Record<string, string | readonly string[]> = {}) =>
  who.press({ ...page, url: PATH }, action, { grant: fieldOf(page, 'grant'), version: fieldOf(page, 'version'), ...fields });
const pageOf = (who: Person): Promise<Shown> => who.browser.open(PATH);

describe('what is allowed for everybody in an organisation', () => {
  it('is shown to whoever manages its consent, and to nobody else', async () => {
    await allowed();
    const page = await pageOf(ada);
    for (const words of ['Acme Web', 'Operations', 'Acme', 'Write incidents']) expect(page.html).toContain(words);
    expect((await ada.browser.open('/account')).html).toContain(PATH);
    const ola = await personAt(hub, { email: 'ola@globex.test', password: PASSWORD });
    expect((await pageOf(ola)).html).toContain('Nothing.');
    for (const who of [ann, await personAt(hub, BOB)]) {
      expect((await pageOf(who)).status).toBe(404);
      expect((await who.browser.open('/account')).html).not.toContain(PATH);
    }
  });

  it('is narrowed for all: what is out dies, on every node, and nobody gets it back by coming again', async () => {
    const held = await allowed();
    const page = await pageOf(ada);
    const signals = await hub.count('signals');
    expect((await press(ada, page, 'narrow', { scope: ['incidents:read'] })).location).toBe(`${PATH}?done=narrowed`);
    expect(await hub.count('signals')).toBeGreaterThan(signals);
    expect((await renew(second, held)).scope).not.toContain('incidents:write');
    expect((await press(ada, page, 'narrow', { scope: [] })).location).toBe(`${PATH}?done=changed`);
  });

  it('ends for all at once, with a signal for everybody who went through on the strength of it', async () => {
    const held = await allowed();
    const page = await pageOf(ada);
    const before = await hub.count('signals');
    expect((await press(ada, page, 'end')).location).toBe(`${PATH}?done=ended`);
    // Of the tenant's grant itself, Ada's and Ann's.
    expect(await hub.count('signals')).toBe(before + 3);
    expect((await renew(second, held)).error).toBe('invalid_grant');
    expect((await hub.events('consent.revoked')).at(-1)).toMatchObject({ actor: { user: 'ada' }, tenant: 'acme' });
    expect((await pageOf(ada)).html).toContain('Nothing.');
  });

  it('is touched by nobody from outside, and by no page that was not shown', async () => {
    await allowed();
    const page = await pageOf(ada);
    const ola = await personAt(hub, { email: 'ola@globex.test', password: PASSWORD });
    const theirs = await pageOf(ola);
    const token = (await ola.browser.open('/account')).fields.find(({ name }) => name === 'token')?.value ?? '';
    const before = await hub.count('signals');
    expect((await press(ola, theirs, 'end', { token, grant: fieldOf(page, 'grant') })).location).toBe(`${PATH}?done=changed`);
    const annToken = (await ann.browser.open('/account')).fields.find(({ name }) => name === 'token')?.value ?? '';
    expect((await press(ann, page, 'end', { token: annToken })).status).toBe(404);
    expect((await press(ada, page, 'end', { token: 'A'.repeat(43) })).status).toBe(403);
    expect((await press(ada, page, 'freeze')).status).toBe(400);
    expect(await hub.count('signals')).toBe(before);
  });

  it('is no longer theirs to end once their role is taken', async () => {
    await allowed();
    const page = await pageOf(ada);
    await hub.user({ id: 'ada', email: 'ada@acme.test', tenants: [{ id: 'acme', roles: [] }] });
    const before = await hub.count('signals');
    expect((await press(ada, page, 'end')).status).toBe(404);
    expect(await hub.count('signals')).toBe(before);
  });
});
