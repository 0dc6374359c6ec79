import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpCall } from '@writ/flow';
import { fixedClock } from '../../../base/clock.ts';
import { createOutbound } from '../../../base/outbound/outbound.ts';
import { httpPeer, type Peer } from '../../../base/outbound/peer.suite.ts';
import type { ConnectorAnswer, ConnectorFailure } from './answer.ts';
import { createConnector } from './call.store.ts';
import type { Traffic } from './traffic.ts';

export type Heard = { method: string; path: string; headers: IncomingMessage['headers']; body: string };
export type Answer = (response: ServerResponse, heard: Heard, nth: number) => unknown;

export type Service = {
  peer: Peer;
  heard: Heard[];
  observed: ('answered' | ConnectorFailure)[];
  clock: ReturnType<typeof fixedClock>;
  /** What the path answers from now on. */
  on(path: string, answer: Answer): void;
  /** A call to that path; `traffic` is what an inspector would be shown. */
  call(path: string, of?: Partial<HttpCall>): Promise<{ answer: ConnectorAnswer; traffic: Traffic | undefined }>;
  close(): Promise<void>;
};

export const SECRETS = {
  plain: 'canary-4f7d1c9be2a05836',
  shared: 'canary-shared-of-some-length',
};

/** A service as somebody might run it, behind the connector; it listens on loopback. */
export async function service(more: Readonly<Record<string, { value: string; hosts?: readonly string[] }>> = {}): Promise<Service> {
  const heard: Heard[] = [];
  const observed: Service['observed'] = [];
  const answers = new Map<string, Answer>();
  const counts = new Map<string, number>();
  const peer = await httpPeer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8');
    });
    request.on('end', () => {
      const path = new URL(request.url ?? '/', 'http://x').pathname;
      const one = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
      heard.push(one);
      const nth = (counts.get(path) ?? 0) + 1;
      counts.set(path, nth);
      const answer = answers.get(path);
      if (answer === undefined) response.writeHead(404).end();
      else answer(response, one, nth);
    });
  });
  const here = [`127.0.0.1:${peer.port}`];
  const kept: Readonly<Record<string, { value: string; hosts?: readonly string[] }>> = {
    plain: { value: SECRETS.plain },
    shared: { value: SECRETS.shared },
    elsewhere: { value: SECRETS.plain, hosts: ['api.example.com'] },
    ...more,
  };
  const clock = fixedClock(Date.UTC(2026, 10, 21, 12));
  const outbound = createOutbound({ allowLoopback: true });
  const connector = createConnector({
    outbound,
    clock,
    openSecret: (name) => {
      const found = Object.hasOwn(kept, name) ? kept[name] : undefined;
      return Promise.resolve(found === undefined ? undefined : { value: found.value, hosts: found.hosts ?? here });
    },
    observe: (result) => observed.push(result),
  });
  return {
    peer,
    heard,
    observed,
    clock,
    on: (path, answer) => void answers.set(path, answer),
    async call(path, of = {}) {
      let traffic: Traffic | undefined;
      const call: HttpCall = {
        method: 'GET',
        url: `http://127.0.0.1:${peer.port}${path}`,
        headers: {},
        timeout: 20_000,
        retries: 0,
        ...of,
      };
      const answer = await connector({ call, key: 'jny_1-plan-3', onTraffic: (one) => void (traffic = one) });
      return { answer, traffic };
    },
    async close() {
      await outbound.close();
      await peer.close();
    },
  };
}

export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
