import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';
import { ask, basic, encode, FORM, jsonOf, textIn } from '../attacks/ask.ts';
import type { Params } from '../attacks/ask.ts';
import { CALLBACK, furniture, PASSWORD, RESOURCE, SECRETS } from '../attacks/furniture.ts';
import { authorizePath, redeemForm } from '../attacks/requests.ts';
import { Visitor } from '../attacks/visitor.ts';
import { story, walk } from '../driver/walk.ts';
import { startHub } from '../harness.ts';
import type { Hub } from '../harness.ts';

export { RESOURCE } from '../attacks/furniture.ts';

export const SERVER_SECRET = 'a-long-secret-of-a-resource-server';
const SECRET = 'a-long-secret-of-the-one-that-asks';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const CIBA = 'urn:openid:params:grant-type:ciba';
const PLATFORM = 'https://platform.test';
const platform = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** A token, and how another like it would be had: what a kill must refuse. */
export type Way = { token: string; again(): Promise<number> };

export type KillWorld = {
  hub: Hub;
  /** One token by each grant that there is, each of a client of its own. */
  ways: Readonly<Record<string, () => Promise<Way>>>;
  close(): Promise<void>;
};

export const serverName = (index: number): string => `rs-${String(index + 1).padStart(2, '0')}`;

/** A hub with people, clients of every grant, and so many resource servers that are known to it. */
export async function openKillWorld(servers: number): Promise<KillWorld> {
  const hub = await startHub();
  await hub.apply(furniture());
  await hub.apply(more(servers, { ...(await exportJWK(platform.publicKey)), kid: 'p-1', alg: 'ES256' }));
  const visitor = new Visitor(hub.issuer, (path, asked) => ask(hub.issuer, path, asked));
  await visitor.signIn('/account', 'ann@acme.test', PASSWORD);
  return { hub, ways: waysOf(hub, visitor), close: () => hub.stop() };
}

function more(servers: number, jwk: object): object {
  const service = (id: string, grants: string[], tags: string[] = []): object => ({
    id,
    name: id,
    kind: 'service',
    tenants: ['acme'],
    grants,
    tags,
    auth: { secrets: [{ value: SECRET }] },
  });
  const rule = (client: string, grant: string): object => ({
    id: `${client}-may`,
    effect: 'allow',
    grants: [grant],
    subject: { clients: [client] },
    target: { resources: ['ops'] },
    scopes: 'all',
  });
  return {
    issuers: [{ id: 'platform', issuer: PLATFORM, jwks: { keys: [jwk] } }],
    clients: [
      ...Array.from({ length: servers }, (_, index) => ({
        id: serverName(index),
        name: serverName(index),
        kind: 'service',
        tags: ['resource-server:ops'],
        auth: { secrets: [{ value: SERVER_SECRET }] },
      })),
      { id: 'renews', name: 'Renews', public: true, grants: ['authorization_code', 'refresh_token'], redirectUris: [CALLBACK] },
      { id: 'handed', name: 'Handed on', public: true, redirectUris: [CALLBACK] },
      service('hop', ['token_exchange'], ['resource-server:ops']),
      { id: 'job', name: 'Job', kind: 'service', workload: [{ issuer: 'platform', subject: 'job-*' }], tenants: ['acme'] },
      { id: 'tv', name: 'TV', kind: 'cli', public: true, grants: ['device_code'], redirectUris: [] },
      service('desk', ['ciba']),
    ],
    policies: [rule('hop', 'token_exchange'), rule('job', 'jwt_bearer'), rule('tv', 'device_code'), rule('desk', 'ciba')],
  };
}

function waysOf(hub: Hub, visitor: Visitor): KillWorld['ways'] {
  const post = async (path: string, form: Params, headers: Record<string, string> = {}) =>
    ask(hub.issuer, path, { method: 'POST', headers: { ...FORM, ...headers }, body: encode(form) });
  const token = (form: Params, headers: Record<string, string> = {}) => post('/oauth/token', form, headers);
  const status = async (form: Params, headers: Record<string, string> = {}): Promise<number> => (await token(form, headers)).status;
  const code = async (client: string): Promise<string> => {
    const end = await visitor.authorize(authorizePath({ client_id: client, prompt: 'consent' }));
    return new URL(end).searchParams.get('code') ?? '';
  };
  const redeem = async (client: string) => jsonOf(await token(redeemForm(await code(client), { client_id: client })));
  const once = async (form: Params, headers: Record<string, string> = {}): Promise<string> =>
    textIn(jsonOf(await token(form, headers)), 'access_token');
  /** Ann goes there and allows it. */
  const allow = async (url: string, typed = ''): Promise<void> => {
    const walked = await walk(url, { email: 'ann@acme.test', password: PASSWORD, allow: 'all', code: async () => typed });
    if (walked.end.kind !== 'page') throw new Error(story(walked).join('\n'));
  };
  /** The same request again, which only a kill refuses for good; a grant that is used up tells nothing. */
  const asking = async (form: Params, headers: Record<string, string> = {}): Promise<Way> => ({
    token: await once(form, headers),
    again: () => status(form, headers),
  });
  const jobAssertion = async (): Promise<string> => {
    const now = Math.floor(Date.now() / 1_000);
    const claims = { iss: PLATFORM, sub: 'job-1', aud: hub.issuer, iat: now, exp: now + 300, jti: randomUUID() };
    return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'p-1' }).sign(platform.privateKey);
  };
  return {
    async authorization_code() {
      // A code that was had before the kill and is redeemed after it.
      const kept = await code('web');
      return { token: textIn(await redeem('web'), 'access_token'), again: () => status(redeemForm(kept, { client_id: 'web' })) };
    },
    async refresh_token() {
      const first = await redeem('renews');
      const form = (refresh: string): Params => ({ grant_type: 'refresh_token', client_id: 'renews', refresh_token: refresh });
      const second = jsonOf(await token(form(textIn(first, 'refresh_token'))));
      return { token: textIn(second, 'access_token'), again: () => status(form(textIn(second, 'refresh_token'))) };
    },
    client_credentials: () => asking({ grant_type: 'client_credentials', resource: RESOURCE }, basic('worker', SECRETS.worker)),
    async [EXCHANGE]() {
      const subject = textIn(await redeem('handed'), 'access_token');
      const form = {
        grant_type: EXCHANGE,
        subject_token: subject,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        resource: RESOURCE,
      };
      return asking(form, basic('hop', SECRET));
    },
    async [JWT_BEARER]() {
      const form = async (): Promise<Params> => ({ grant_type: JWT_BEARER, assertion: await jobAssertion(), resource: RESOURCE });
      return { token: await once(await form()), again: async () => status(await form()) };
    },
    async [DEVICE]() {
      const begin = async () => {
        const asked = jsonOf(await post('/oauth/device', { client_id: 'tv', resource: RESOURCE }));
        await allow(textIn(asked, 'verification_uri_complete'), textIn(asked, 'user_code'));
        return { grant_type: DEVICE, client_id: 'tv', device_code: textIn(asked, 'device_code') };
      };
      const [first, kept] = [await begin(), await begin()];
      return { token: await once(first), again: () => status(kept) };
    },
    async [CIBA]() {
      const begin = async () => {
        const form = { scope: 'openid incidents:read', resource: RESOURCE, login_hint: 'ann@acme.test' };
        const asked = jsonOf(await post('/oauth/backchannel', form, basic('desk', SECRET)));
        await allow(await mailedLink(hub));
        return { grant_type: CIBA, auth_req_id: textIn(asked, 'auth_req_id') };
      };
      const first = await begin();
      const token = await once(first, basic('desk', SECRET));
      const kept = await begin();
      return { token, again: () => status(kept, basic('desk', SECRET)) };
    },
  };
}

/** The newest link to an approval in the mail; what was read is not read again. */
const read = new Set<string>();
async function mailedLink(hub: Hub): Promise<string> {
  for (;;) {
    const { items }: { items: { to: string; text: string }[] } = await (await fetch(`${hub.issuer}/dev/mail.json`)).json();
    for (const { text } of items) {
      const link = /http:\S+\/account\/approvals\/\S+/.exec(text)?.[0];
      if (link === undefined || read.has(link)) continue;
      read.add(link);
      return link;
    }
  }
}
