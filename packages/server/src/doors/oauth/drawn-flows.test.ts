import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONSENT, DONE, drawn, SIGN_IN, undrawn, type Drawing } from '../journey/drawn.suite.ts';
import { claimsIn, openWaiting, type Waiting } from './device.suite.ts';

/** Drawn flows where the client waits elsewhere: what was settled in the browser is what it fetches. */

let hub: Waiting;
beforeAll(async () => {
  hub = await openWaiting({ env: { WRIT_ALLOW_LOOPBACK: 'true' } });
});
afterAll(() => hub.close());

const TENANT = { id: 'tenant', kind: 'selectTenant', required: true };
const SAY = { id: 'say', kind: 'setClaims', claims: { seat: 'tenant.id + "/" + user.id' } };
const ASKED = { ...CONSENT, skipFirstParty: false, remember: false };
const NO = { id: 'no', kind: 'deny', message: 'Not from this device.' };
const gated = (purpose: string): Drawing => ({
  purpose,
  nodes: [
    SIGN_IN,
    TENANT,
    { id: 'writes', kind: 'condition', branches: [{ name: 'yes', when: '"incidents:write" in request.scopes' }] },
    SAY,
    ASKED,
    DONE,
    NO,
  ],
  also: [
    { from: 'writes', branch: 'yes', to: 'no' },
    { from: 'writes', branch: 'otherwise', to: 'say' },
  ],
});

describe('a drawn flow of a device', () => {
  beforeAll(async () => void (await drawn(hub, 'devices', gated('device'), 'tv')));
  afterAll(() => undrawn(hub, 'devices', 'tv'));

  it('settles what the device gets, its claims among it, and those of its refresh tokens', async () => {
    const { deviceCode, complete, interval } = await hub.startDevice({ scope: 'incidents:read' });
    const browser = await hub.signedIn('ann');
    await browser.submit(await hub.consentPage(browser, complete), 'allow');
    hub.clock.advance(interval * 1000);
    const got = await hub.pollDevice(deviceCode);
    expect(claimsIn(got)).toMatchObject({ seat: 'acme/ann', tenant: 'acme', scope: 'incidents:read' });
    const form = { grant_type: 'refresh_token', client_id: 'tv', refresh_token: String(got.body['refresh_token']) };
    expect(claimsIn(await hub.send('/oauth/token', form))).toMatchObject({ seat: 'acme/ann' });
  });

  it('refuses the device when it refuses the person, in a sentence for the one and a word for the other', async () => {
    const { deviceCode, complete, interval } = await hub.startDevice();
    const browser = await hub.signedIn('ann');
    const denied = await browser.submit(await browser.open(complete), 'continue');
    expect(denied.html).toContain('Not from this device.');
    await browser.submit(denied, 'continue');
    hub.clock.advance(interval * 1000);
    expect(await hub.pollDevice(deviceCode)).toMatchObject({ status: 400, body: { error: 'access_denied' } });
  });
});

describe('a drawn flow of a request behind the browser (CIBA)', () => {
  beforeAll(async () => void (await drawn(hub, 'asked', gated('ciba'), 'desk')));
  afterAll(() => undrawn(hub, 'asked', 'desk'));

  it('settles what the client fetches', async () => {
    const id = await hub.ask();
    await hub.settle();
    const browser = await hub.signedIn('ann');
    const page = await browser.open(/http:\S+/.exec(hub.mailer.kept()[0]?.text ?? '')?.[0] ?? '');
    await browser.submit(page, 'allow');
    hub.clock.advance(5_000);
    expect(claimsIn(await hub.pollAsked(id))).toMatchObject({ seat: 'acme/ann', client_id: 'desk', scope: 'incidents:read' });
  });

  it('is answered by nobody else, however it is drawn', async () => {
    hub.clock.advance(61_000);
    const id = await hub.ask();
    await hub.settle();
    const browser = await hub.signedIn('dan');
    const link = /http:\S+/.exec(hub.mailer.kept()[0]?.text ?? '')?.[0] ?? '';
    expect((await browser.open(link)).buttons).not.toContain('allow');
    hub.clock.advance(5_000);
    expect(await hub.pollAsked(id)).toMatchObject({ body: { error: 'authorization_pending' } });
  });
});
