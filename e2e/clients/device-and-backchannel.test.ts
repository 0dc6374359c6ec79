import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { story, walk } from '../driver/walk.ts';
import { ANN, protectSample, startHub } from '../harness.ts';
import type { Hub, Protected } from '../harness.ts';
import { SECRET } from './strict.ts';

// Two strict libraries ask without a browser; a person answers in one, page by page, as a browser without script would.

const INSECURE = { [oauth.allowInsecureRequests]: true };
const GRANTS = ['device_code', 'ciba', 'refresh_token'];
let hub: Hub;
let guarded: Protected;

beforeAll(async () => {
  hub = await startHub();
  guarded = await protectSample(hub, {
    clients: [
      { id: 'tv', name: 'Television', public: true, grants: ['device_code', 'refresh_token'] },
      { id: 'desk', name: 'Service desk', grants: GRANTS, auth: { secrets: [{ value: SECRET }] } },
    ],
    policies: [
      {
        id: 'from-elsewhere',
        effect: 'allow',
        grants: ['device_code', 'ciba'],
        subject: { any: true },
        target: { resources: 'all' },
        scopes: 'all',
      },
    ],
  });
});

afterAll(async () => {
  await guarded?.close();
  await hub?.stop();
});

/** A person who goes to an address with a code in hand and answers everything there; the title of the page where it ended. */
async function answer(url: string, code: string, allow: 'all' | 'deny' = 'all'): Promise<string> {
  const walked = await walk(url, { ...ANN, allow, code: async () => code });
  if (walked.end.kind !== 'page') throw new Error(story(walked).join('\n'));
  return walked.end.page.title;
}

const opened = new Set<string>();

/** The link in the newest mail to Ann, once there is one that was not opened yet: mails come a moment after the answer. */
async function mailedLink(): Promise<string> {
  for (;;) {
    const { items }: { items: { to: string; text: string }[] } = await (await fetch(`${hub.issuer}/dev/mail.json`)).json();
    const link = /http:\S+\/account\/approvals\/\S+/.exec(items.find(({ to }) => to === ANN.email)?.text ?? '')?.[0];
    if (link === undefined || opened.has(link)) continue;
    opened.add(link);
    return link;
  }
}

describe('openid-client', () => {
  const discover = (id: string, auth?: oidc.ClientAuth) =>
    oidc.discovery(new URL(hub.issuer), id, undefined, auth, { execute: [oidc.allowInsecureRequests] });

  test('logs in on another device', async () => {
    const config = await discover('tv', oidc.None());
    const device = await oidc.initiateDeviceAuthorization(config, { scope: 'openid incidents:read', resource: guarded.sample.url });
    const polling = oidc.pollDeviceAuthorizationGrant(config, device);
    expect(await answer(device.verification_uri, device.user_code)).toBe('The device is in');
    const tokens = await polling;
    expect(tokens.claims()).toMatchObject({ sub: 'ann', aud: 'tv' });
    expect(tokens.refresh_token).toBeDefined();
    const again = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(again.scope?.split(' ')).toContain('incidents:read');
  });

  test('hears that the person refused the device', async () => {
    const config = await discover('tv', oidc.None());
    const device = await oidc.initiateDeviceAuthorization(config, { scope: 'incidents:read', resource: guarded.sample.url });
    expect(await answer(device.verification_uri, device.user_code, 'deny')).toBe('The device was refused');
    await expect(oidc.pollDeviceAuthorizationGrant(config, device)).rejects.toMatchObject({ error: 'access_denied' });
  });

  test('asks a user behind the back of any browser (CIBA, poll)', async () => {
    const config = await discover('desk', oidc.ClientSecretBasic(SECRET));
    const asked = await oidc.initiateBackchannelAuthentication(config, {
      scope: 'openid incidents:read',
      login_hint: ANN.email,
      binding_message: 'Ticket 4711',
      resource: guarded.sample.url,
    });
    const polling = oidc.pollBackchannelAuthenticationGrant(config, asked);
    expect(await answer(await mailedLink(), '')).toBe('You allowed it');
    const tokens = await polling;
    expect(tokens.claims()).toMatchObject({ sub: 'ann', aud: 'desk' });
  });
});

describe('oauth4webapi', () => {
  const discovered = async (): Promise<oauth.AuthorizationServer> => {
    const issuer = new URL(hub.issuer);
    return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...INSECURE }));
  };

  test('reads every answer of the device grant', async () => {
    const as = await discovered();
    const [client, none] = [{ client_id: 'tv' }, oauth.None()];
    const parameters = { scope: 'incidents:read', resource: guarded.sample.url };
    const device = await oauth.processDeviceAuthorizationResponse(
      as,
      client,
      await oauth.deviceAuthorizationRequest(as, client, none, parameters, INSECURE),
    );
    const poll = async () =>
      oauth.processDeviceCodeResponse(as, client, await oauth.deviceCodeGrantRequest(as, client, none, device.device_code, INSECURE));
    await expect(poll()).rejects.toMatchObject({ error: 'authorization_pending' });
    await expect(poll()).rejects.toMatchObject({ error: 'slow_down' });
    await answer(device.verification_uri_complete ?? '', device.user_code);
    const tokens = await poll();
    const request = new Request(guarded.sample.url, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    expect(await oauth.validateJwtAccessToken(as, request, guarded.sample.url, INSECURE)).toMatchObject({ sub: 'ann', client_id: 'tv' });
    await expect(poll()).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  test('reads every answer of a backchannel request', async () => {
    const as = await discovered();
    const [client, auth] = [{ client_id: 'desk' }, oauth.ClientSecretBasic(SECRET)];
    const ask = async (more: Record<string, string>) =>
      oauth.processBackchannelAuthenticationResponse(
        as,
        client,
        await oauth.backchannelAuthenticationRequest(
          as,
          client,
          auth,
          { scope: 'openid', login_hint: ANN.email, resource: guarded.sample.url, ...more },
          INSECURE,
        ),
      );
    await expect(ask({ binding_message: '<b>' })).rejects.toMatchObject({ error: 'invalid_binding_message' });
    const { auth_req_id: id } = await ask({ requested_expiry: '120' });
    const poll = async () =>
      oauth.processBackchannelAuthenticationGrantResponse(
        as,
        client,
        await oauth.backchannelAuthenticationGrantRequest(as, client, auth, id, INSECURE),
      );
    await expect(poll()).rejects.toMatchObject({ error: 'authorization_pending' });
    await answer(await mailedLink(), '', 'deny');
    await expect(poll()).rejects.toMatchObject({ error: 'access_denied' });
  });
});
