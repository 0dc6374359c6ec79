// What is asked of whom.
import { randomUUID, sign } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Subject } from './hub.ts';
import type { Asking, Load, Measured } from './order.ts';
import { busyMicros, cpuMicros, loadMicros } from './machine.ts';
import { CONNECTION, EXCHANGER, FRONT, KEY, PLATFORM, RESOURCE, SECRET, clientId } from './world.ts';

export type Case = {
  key: string;
  name: string;
  subject: Subject;
  url: string;
  asking: Asking;
  /** `key` of the peer that does the same work. */
  peer?: string;
  /** `key` of the floor that it stands on; `floor` unless said. */
  floor?: string;
  /** Makes anew what is good once, before each run. */
  fresh?(seconds: number): void | Promise<void>;
  /** Asks once for each client, so that no first use falls into the measurement. */
  warm(): Promise<void>;
};

/** `cpu`: microseconds per answer, server and Postgres. `foreign`: share of the machine that other programs took. */
export type Taken = Measured & { key: string; round: number; cpu: number; serverCpu: number; foreign: number; pid: number };

export const basic = (id: string, secret: string): string => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
const CC = `grant_type=client_credentials&scope=read&resource=${encodeURIComponent(RESOURCE)}`;
export const CC_FRONT = `grant_type=client_credentials&scope=read&resource=${encodeURIComponent(FRONT)}`;
const EXCHANGE = `grant_type=${encodeURIComponent('urn:ietf:params:oauth:grant-type:token-exchange')}&subject_token_type=${encodeURIComponent('urn:ietf:params:oauth:token-type:access_token')}&scope=read&resource=${encodeURIComponent(RESOURCE)}&subject_token=`;
export const HAND_OUT = `grant_type=${encodeURIComponent('urn:ietf:params:oauth:grant-type:token-exchange')}&subject_token_type=${encodeURIComponent('urn:ietf:params:oauth:token-type:access_token')}&resource=${encodeURIComponent(CONNECTION)}&subject_token=`;
const REFRESH = 'grant_type=refresh_token&refresh_token=';
const PEER_BASIC = basic('client-1', 'a-long-secret-of-the-client-number-one');

/** Each is started when a case asks for it. */
export type Subjects = {
  floor(): Promise<Subject>;
  peer(): Promise<Subject>;
  wide(): Promise<Subject>;
  small(): Promise<Subject>;
  tenants(): Promise<Subject>;
  peerExchange(): Promise<Subject>;
  service(): Promise<Subject>;
  peerProxy(): Promise<Subject>;
};

export const CASES: readonly { key: string; make(of: Subjects): Promise<Omit<Case, 'key'>> }[] = [
  {
    key: 'floor',
    async make(of) {
      const subject = await of.floor();
      return { name: 'floor: parse the form, sign ES256', subject, ...clientCredentials(`${subject.url}/`, 10_000) };
    },
  },
  {
    key: 'hub',
    async make(of) {
      const subject = await of.wide();
      return { name: 'hub, client credentials', subject, peer: 'peer', ...clientCredentials(`${subject.url}/oauth/token`, 10_000) };
    },
  },
  {
    key: 'peer',
    async make(of) {
      const subject = await of.peer();
      const asking: Asking = { kind: 'fixed', requests: [{ authorization: PEER_BASIC, body: CC }] };
      return { name: 'node-oidc-provider, client credentials', subject, url: `${subject.url}/token`, asking, warm: NOTHING };
    },
  },
  {
    key: 'hub-refresh',
    async make(of) {
      const subject = await of.wide();
      return {
        name: 'hub, refresh with rotation',
        subject,
        peer: 'peer-refresh',
        ...refresh(`${subject.url}/oauth/token`, basic(clientId(0), SECRET), subject.tokens),
      };
    },
  },
  {
    key: 'peer-refresh',
    async make(of) {
      const subject = await of.peer();
      return { name: 'node-oidc-provider, refresh with rotation', subject, ...refresh(`${subject.url}/token`, PEER_BASIC, subject.tokens) };
    },
  },
  {
    key: 'small',
    async make(of) {
      const subject = await of.small();
      return { name: 'hub, client credentials, 10 clients of 10 tenants', subject, ...clientCredentials(`${subject.url}/oauth/token`, 10) };
    },
  },
  {
    key: 'tenants',
    async make(of) {
      const subject = await of.tenants();
      return {
        name: 'hub, client credentials, 10,000 clients of 10,000 tenants',
        subject,
        ...clientCredentials(`${subject.url}/oauth/token`, 10_000),
      };
    },
  },
  {
    key: 'floor-exchange',
    async make(of) {
      const subject = await of.floor();
      const tokens = await tokensFrom(`${subject.url}/`, 1, CC);
      return {
        name: 'floor of exchange: parse the form, verify and sign ES256',
        subject,
        floor: 'floor-exchange',
        ...exchange(`${subject.url}/exchange`, PEER_BASIC, tokens),
      };
    },
  },
  {
    key: 'hub-exchange',
    async make(of) {
      const subject = await of.wide();
      const tokens = await tokensFrom(`${subject.url}/oauth/token`, 2_000, CC_FRONT);
      return {
        name: 'hub, token exchange',
        subject,
        peer: 'peer-exchange',
        floor: 'floor-exchange',
        ...exchange(`${subject.url}/oauth/token`, basic(EXCHANGER, SECRET), tokens),
      };
    },
  },
  {
    key: 'peer-exchange',
    async make(of) {
      const [subject, front] = [await of.peerExchange(), await of.floor()];
      const tokens = await tokensFrom(`${front.url}/`, 1, CC);
      return {
        name: 'node-oidc-provider in memory, token exchange',
        subject,
        floor: 'floor-exchange',
        ...exchange(`${subject.url}/token`, PEER_BASIC, tokens),
      };
    },
  },
  {
    key: 'hub-hand-out',
    async make(of) {
      const subject = await of.wide();
      const [token = ''] = await tokensFrom(`${subject.url}/oauth/token`, 1, CC_FRONT);
      const requests = [{ authorization: basic(EXCHANGER, SECRET), body: `${HAND_OUT}${token}` }];
      const url = `${subject.url}/oauth/token`;
      const warm = async (): Promise<void> => void (await askAll(url, requests));
      return {
        name: 'hub, hand-out of a credential',
        subject,
        peer: 'hub-exchange',
        floor: 'floor-exchange',
        url,
        asking: { kind: 'fixed', requests },
        warm,
      };
    },
  },
  {
    key: 'direct',
    async make(of) {
      const subject = await of.service();
      return { name: 'the service itself', subject, floor: 'direct', ...called(`${subject.url}/items`, '') };
    },
  },
  {
    key: 'hub-proxy',
    async make(of) {
      await of.service();
      const subject = await of.wide();
      const address = `${subject.url}/proxy/service`;
      // Only a token for this proxy opens it, and such a one lives for minutes.
      const requests = [{ authorization: '', body: CALL }];
      const fresh = async (): Promise<void> => {
        const [token = ''] = await tokensFrom(`${subject.url}/oauth/token`, 1, `grant_type=client_credentials&resource=${address}`);
        requests.splice(0, 1, { authorization: `Bearer ${token}`, body: CALL });
      };
      return {
        name: 'hub, proxied call',
        subject,
        peer: 'peer-proxy',
        floor: 'direct',
        url: `${address}/items`,
        asking: { kind: 'fixed', requests },
        warm: NOTHING,
        fresh,
      };
    },
  },
  {
    key: 'peer-proxy',
    async make(of) {
      await of.service();
      const subject = await of.peerProxy();
      return { name: 'http-proxy, proxied call', subject, floor: 'direct', ...called(`${subject.url}/items`, '') };
    },
  },
  {
    key: 'hub-pkjwt',
    async make(of) {
      const subject = await of.wide();
      return {
        name: 'hub, private_key_jwt',
        subject,
        peer: 'peer-pkjwt',
        floor: 'floor-exchange',
        ...signed(`${subject.url}/oauth/token`, subject.url),
      };
    },
  },
  {
    key: 'peer-pkjwt',
    async make(of) {
      const subject = await of.peer();
      return {
        name: 'node-oidc-provider, private_key_jwt',
        subject,
        floor: 'floor-exchange',
        ...signed(`${subject.url}/token`, subject.url),
      };
    },
  },
  {
    key: 'hub-workload',
    async make(of) {
      const subject = await of.wide();
      return {
        name: 'hub, assertion of a workload',
        subject,
        peer: 'peer-pkjwt',
        floor: 'floor-exchange',
        ...ofWorkload(`${subject.url}/oauth/token`, subject.url),
      };
    },
  },
];

type Asked = Pick<Case, 'url' | 'asking' | 'warm' | 'fresh'>;
const NOTHING = (): Promise<void> => Promise.resolve();

function refresh(url: string, authorization: string, tokens: readonly string[]): Asked {
  return { url, asking: { kind: 'refresh', authorization, body: REFRESH, tokens: [...tokens] }, warm: NOTHING };
}

function clientCredentials(url: string, clients: number): Asked {
  const requests = asClients(clients, CC);
  return { url, asking: { kind: 'fixed', requests }, warm: async () => void (await askAll(url, requests)) };
}

/** One of these subject tokens by chance for each request, always by the same client. */
function exchange(url: string, authorization: string, tokens: readonly string[]): Asked {
  const requests = tokens.map((token) => ({ authorization, body: `${EXCHANGE}${token}` }));
  return { url, asking: { kind: 'fixed', requests }, warm: async () => void (await askAll(url, requests)) };
}

const CALL = 'q=writ';

/** A small form, posted to a service. */
function called(url: string, authorization: string): Asked {
  return { url, asking: { kind: 'fixed', requests: [{ authorization, body: CALL }] }, warm: NOTHING };
}

const ASSERTED = `${CC}&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=`;
/** More than any server here answers in a second: an assertion is good once. */
const MOST_PER_SECOND = 6_000;

/** Assertions of the client `signer`, each used once, made before each run because they live for a minute. */
function signed(url: string, audience: string): Asked {
  const tokens: string[] = [];
  const fresh = (seconds: number): void => {
    const made = Array.from({ length: seconds * MOST_PER_SECOND }, () => assertion({ iss: 'signer', sub: 'signer', aud: audience }, 120));
    tokens.splice(0, tokens.length, ...made);
  };
  return { url, asking: { kind: 'refresh', authorization: '', body: ASSERTED, tokens }, fresh, warm: NOTHING };
}

/** The token that a platform handed to a process: the same one until it ends. */
function ofWorkload(url: string, audience: string): Asked {
  const token = assertion({ iss: PLATFORM, sub: 'system:serviceaccount:prod:pod', aud: audience }, 3_600);
  const requests = [{ authorization: '', body: `${ASSERTED}${token}` }];
  return { url, asking: { kind: 'fixed', requests }, warm: NOTHING };
}

function assertion(claims: object, seconds: number): string {
  const now = Math.floor(Date.now() / 1000);
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode({ alg: 'ES256', kid: 'bench' })}.${encode({ ...claims, iat: now, exp: now + seconds, jti: randomUUID() })}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key: KEY.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

type Request = { authorization: string; body: string };

function asClients(count: number, body: string): Request[] {
  return Array.from({ length: count }, (_, index) => ({ authorization: basic(clientId(index), SECRET), body }));
}

/** Access tokens of so many clients. */
export function tokensFrom(url: string, clients: number, body: string): Promise<string[]> {
  return askAll(url, asClients(clients, body));
}

/** The access tokens that came back, in the order of the requests. */
export async function askAll(url: string, requests: readonly Request[]): Promise<string[]> {
  const waiting = [...requests.entries()];
  const tokens: string[] = Array.from({ length: requests.length }, () => '');
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [place, one] = next;
      const headers = { authorization: one.authorization, 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await fetch(url, { method: 'POST', headers, body: one.body });
      const text = await answer.text();
      const token = answer.ok ? /"access_token":"([^"]+)"/.exec(text)?.[1] : undefined;
      if (token === undefined) throw new Error(`${url} answered ${answer.status}: ${text}`);
      tokens[place] = token;
    }
  };
  await Promise.all(Array.from({ length: 32 }, work));
  return tokens;
}

export async function runCase(
  one: Case,
  of: { load: Load; connections: number; seconds: number; round: number; databaseMicros(): number },
): Promise<Taken> {
  await one.fresh?.(of.seconds);
  const own = [one.subject.pid];
  const measured = async (): Promise<{ server: number; database: number; busy: number; load: number }> => ({
    server: cpuMicros(own),
    database: of.databaseMicros(),
    busy: busyMicros(),
    load: loadMicros(),
  });
  const before = await measured();
  const found = await of.load.run({ url: one.url, asking: one.asking, seconds: of.seconds, connections: of.connections });
  // What a server still writes after its last answer is part of the price.
  await sleep(300);
  const after = await measured();
  const server = after.server - before.server;
  const cpu = server + after.database - before.database;
  const foreign = Math.max(0, after.busy - before.busy - cpu - (after.load - before.load));
  const answered = Math.max(1, found.answered);
  return {
    ...found,
    key: one.key,
    round: of.round,
    pid: one.subject.pid,
    cpu: cpu / answered,
    serverCpu: server / answered,
    foreign: foreign / (of.seconds * 1e6),
  };
}
