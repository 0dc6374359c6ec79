import { GRANT_TYPES } from '@writ/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { furnish, openHub, PASSWORD, type Hub } from '../journey/hub.suite.ts';
import type { Browser, Shown } from '../journey/browser.suite.ts';

describe('the device grant', () => {
  let hub: Hub;
  beforeAll(async () => {
    hub = await openHub();
    await furnish(hub);
    await hub.client({ id: 'tv', name: 'Acme TV', public: true, grants: [GRANT_TYPES.device_code, 'refresh_token'] });
    await hub.client({ id: 'other', name: 'Other TV', public: true, grants: [GRANT_TYPES.device_code] });
  });
  afterAll(() => hub.close());

  it('lets a device in', async () => {
    const send = async (path: string, form: Record<string, string>) => {
      const r = await hub.house.fetch(
        new Request(`http://localhost:8787${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: new URLSearchParams(form),
        }),
      );
      return { status: r.status, body: JSON.parse(await r.text()) };
    };
    const started = await send('/oauth/device', {
      client_id: 'tv',
      scope: 'incidents:read incidents:write',
      resource: 'http://localhost:9000/mcp',
    });
    expect(started).toMatchObject({ status: 200 });
    const poll = () =>
      send('/oauth/token', { grant_type: GRANT_TYPES.device_code, client_id: 'tv', device_code: started.body.device_code });
    expect(await poll()).toMatchObject({ status: 400, body: { error: 'authorization_pending' } });
    const browser: Browser = hub.browser();
    let page: Shown = await browser.open(started.body.verification_uri_complete);
    page = await browser.submit(page, 'continue', { email: 'ann@acme.test', password: PASSWORD });
    expect(page.html).toContain(started.body.user_code);
    page = await browser.submit(page, 'continue');
    expect(page.html).toContain('Asked by another device');
    page = await browser.submit(page, 'allow');
    expect(page.html).toContain('The device is in');
    hub.clock.advance(6000);
    const got = await poll();
    expect(got).toMatchObject({ status: 200, body: { scope: 'incidents:read incidents:write', refresh_token: expect.any(String) } });
  });
});
