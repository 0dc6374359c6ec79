// What is asked of whom.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Subject } from './hub.ts';
import type { Asking, Load, Measured } from './order.ts';
import { busyMicros, cpuMicros, loadMicros } from './machine.ts';
import { clientId, RESOURCE, SECRET } from './world.ts';

export type Case = {
  key: string;
  name: string;
  subject: Subject;
  url: string;
  asking: Asking;
  /** `key` of the peer that does the same work. */
  peer?: string;
  /** Asks once for each client, so that no first use falls into the measurement. */
  warm(): Promise<void>;
};

/** `cpu`: microseconds per answer, server and Postgres. `foreign`: share of the machine that other programs took. */
export type Taken = Measured & { key: string; round: number; cpu: number; serverCpu: number; foreign: number; pid: number };

const basic = (id: string, secret: string): string => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
const CC = `grant_type=client_credentials&scope=read&resource=${encodeURIComponent(RESOURCE)}`;
const REFRESH = 'grant_type=refresh_token&refresh_token=';
const PEER_BASIC = basic('client-1', 'a-long-secret-of-the-client-number-one');

/** Each is started when a case asks for it. */
export type Subjects = {
  floor(): Promise<Subject>;
  peer(): Promise<Subject>;
  wide(): Promise<Subject>;
  small(): Promise<Subject>;
  tenants(): Promise<Subject>;
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
];

type Asked = Pick<Case, 'url' | 'asking' | 'warm'>;
const NOTHING = (): Promise<void> => Promise.resolve();

function refresh(url: string, authorization: string, tokens: readonly string[]): Asked {
  return { url, asking: { kind: 'refresh', authorization, body: REFRESH, tokens: [...tokens] }, warm: NOTHING };
}

function clientCredentials(url: string, clients: number): Asked {
  const requests = Array.from({ length: clients }, (_, index) => ({ authorization: basic(clientId(index), SECRET), body: CC }));
  return { url, asking: { kind: 'fixed', requests }, warm: () => askAll(url, requests) };
}

async function askAll(url: string, requests: readonly { authorization: string; body: string }[]): Promise<void> {
  const waiting = [...requests];
  const work = async (): Promise<void> => {
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      const headers = { authorization: one.authorization, 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await fetch(url, { method: 'POST', headers, body: one.body });
      const body = await answer.text();
      if (!answer.ok || !body.includes('access_token')) throw new Error(`${url} answered ${answer.status}: ${body}`);
    }
  };
  await Promise.all(Array.from({ length: 32 }, work));
}

export async function runCase(
  one: Case,
  of: { load: Load; connections: number; seconds: number; round: number; databaseMicros(): number },
): Promise<Taken> {
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
