// What is asked of whom.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Subject } from './hub.ts';
import type { Asking, Load, Measured } from './load.ts';
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

export function casesOf(of: { floor: Subject; peer: Subject; wide: Subject; small: Subject; tenants: Subject }): Case[] {
  const hub = (subject: Subject): string => `${subject.url}/oauth/token`;
  const peer = `${of.peer.url}/token`;
  const cc = (key: string, name: string, subject: Subject, clients: number, more: Partial<Case> = {}): Case =>
    fixed({ key, name, subject, url: hub(subject), clients, ...more });
  const refresh = (url: string, authorization: string, tokens: readonly string[]): Pick<Case, 'url' | 'asking' | 'warm'> => ({
    url, asking: { kind: 'refresh', authorization, body: REFRESH, tokens: [...tokens] }, warm: () => Promise.resolve(),
  });
  return [
    fixed({ key: 'floor', name: 'floor: parse the form, sign ES256', subject: of.floor, url: `${of.floor.url}/`, clients: 10_000 }),
    cc('hub', 'hub, client credentials', of.wide, 10_000, { peer: 'peer' }),
    { key: 'peer', name: 'node-oidc-provider, client credentials', subject: of.peer, url: peer, asking: { kind: 'fixed', requests: [{ authorization: PEER_BASIC, body: CC }] }, warm: () => Promise.resolve() },
    { key: 'hub-refresh', name: 'hub, refresh with rotation', subject: of.wide, peer: 'peer-refresh', ...refresh(hub(of.wide), basic(clientId(0), SECRET), of.wide.tokens) },
    { key: 'peer-refresh', name: 'node-oidc-provider, refresh with rotation', subject: of.peer, ...refresh(peer, PEER_BASIC, of.peer.tokens) },
    cc('small', 'hub, client credentials, 10 clients of 10 tenants', of.small, 10),
    cc('tenants', 'hub, client credentials, 10,000 clients of 10,000 tenants', of.tenants, 10_000),
  ];
}

function fixed({ clients, ...of }: { key: string; name: string; subject: Subject; url: string; clients: number; peer?: string }): Case {
  const requests = Array.from({ length: clients }, (_, index) => ({ authorization: basic(clientId(index), SECRET), body: CC }));
  return { ...of, asking: { kind: 'fixed', requests }, warm: () => askAll(of.url, requests) };
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
    server: cpuMicros(own), database: of.databaseMicros(), busy: busyMicros(), load: loadMicros(),
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
    ...found, key: one.key, round: of.round, pid: one.subject.pid, cpu: cpu / answered, serverCpu: server / answered, foreign: foreign / (of.seconds * 1e6),
  };
}
