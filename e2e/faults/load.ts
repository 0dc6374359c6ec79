import { setTimeout as sleep } from 'node:timers/promises';
import { ask, basic, encode, FORM, jsonOf, textIn } from '../attacks/ask.ts';
import type { Answer, Params } from '../attacks/ask.ts';
import { PASSWORD, SECRETS } from '../attacks/furniture.ts';
import { authorizePath, redeemForm } from '../attacks/requests.ts';
import { Visitor } from '../attacks/visitor.ts';
import type { MortalHub } from './mortal-hub.ts';

/** What the hub acknowledged, and what went wrong in a way that no fault excuses. */
export type Acknowledged = {
  jtis: string[];
  /** Per chain: every refresh token that was handed out, oldest first. */
  chains: string[][];
  /** Access tokens whose revocation was acknowledged. */
  revoked: string[];
  /** Highest number that was put into the tenant and acknowledged. */
  counter: number;
  refreshes: number;
  problems: string[];
};

export type Load = { acknowledged: Acknowledged; stop(): Promise<void> };

const CHAINS = 4;
const SERVICES = 3;
const PAUSE_MS = 25;

/** Clients that work without pause and repeat, as clients do, whatever was not answered. */
export async function startLoad(hub: MortalHub): Promise<Load> {
  const acknowledged: Acknowledged = { jtis: [], chains: [], revoked: [], counter: 0, refreshes: 0, problems: [] };
  const visitor = new Visitor(hub.issuer, (path, asked) => ask(hub.issuer, path, asked));
  await visitor.signIn('/account', 'ann@acme.test', PASSWORD);
  for (let index = 0; index < CHAINS; index += 1) acknowledged.chains.push([await firstRefresh(hub, visitor, acknowledged)]);
  let running = true;
  const isRunning = (): boolean => running;
  const of = { hub, acknowledged, isRunning };
  const loops = [
    ...acknowledged.chains.map((chain) => refreshLoop(of, chain)),
    ...Array.from({ length: SERVICES }, () => serviceLoop(of)),
    revokeLoop(of),
    counterLoop(of),
  ];
  return {
    acknowledged,
    async stop() {
      running = false;
      await Promise.all(loops);
    },
  };
}

type Working = { hub: MortalHub; acknowledged: Acknowledged; isRunning(): boolean };

async function firstRefresh(hub: MortalHub, visitor: Visitor, acknowledged: Acknowledged): Promise<string> {
  const end = await visitor.authorize(authorizePath({ prompt: 'consent' }));
  const body = jsonOf(await post(hub, '/oauth/token', redeemForm(new URL(end).searchParams.get('code') ?? '')));
  acknowledged.jtis.push(jtiOf(body));
  return textIn(body, 'refresh_token');
}

const post = (hub: MortalHub, path: string, params: Params, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(hub.issuer, path, { method: 'POST', headers: { ...FORM, ...headers }, body: encode(params) });

/** The same request until it is answered by something else than "not now". Undefined: the load was stopped first. */
async function persist({ isRunning, acknowledged }: Working, what: string, send: () => Promise<Answer>): Promise<Answer | undefined> {
  while (isRunning()) {
    const answer = await send().catch(() => undefined);
    if (answer !== undefined && answer.status !== 503) {
      if (answer.status >= 500) acknowledged.problems.push(`${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
      else return answer;
    }
    await sleep(PAUSE_MS);
  }
  return undefined;
}

/** One client, one family. A token that was refused although nobody else ever had it would log its user out: a lost rotation. */
async function refreshLoop(working: Working, chain: string[]): Promise<void> {
  const { hub, acknowledged, isRunning } = working;
  while (isRunning()) {
    const refresh = chain.at(-1) ?? '';
    const answer = await persist(working, 'refresh', () =>
      post(hub, '/oauth/token', { grant_type: 'refresh_token', client_id: 'web', refresh_token: refresh }),
    );
    if (answer === undefined) return;
    if (answer.status !== 200) {
      acknowledged.problems.push(`refresh number ${chain.length} was refused: ${answer.status} ${answer.text.slice(0, 200)}`);
      return;
    }
    const body = jsonOf(answer);
    acknowledged.jtis.push(jtiOf(body));
    acknowledged.refreshes += 1;
    chain.push(textIn(body, 'refresh_token'));
  }
}

const FOR_ITSELF = { grant_type: 'client_credentials', scope: 'incidents:read' };

async function serviceLoop(working: Working): Promise<void> {
  const { hub, acknowledged, isRunning } = working;
  while (isRunning()) {
    const answer = await persist(working, 'client_credentials', () =>
      post(hub, '/oauth/token', FOR_ITSELF, basic('worker', SECRETS.worker)),
    );
    if (answer === undefined) return;
    if (answer.status === 200) acknowledged.jtis.push(jtiOf(jsonOf(answer)));
    else acknowledged.problems.push(`client_credentials was refused: ${answer.status} ${answer.text.slice(0, 200)}`);
  }
}

async function revokeLoop(working: Working): Promise<void> {
  const { hub, acknowledged, isRunning } = working;
  const worker = basic('worker', SECRETS.worker);
  while (isRunning()) {
    const issued = await persist(working, 'client_credentials', () => post(hub, '/oauth/token', FOR_ITSELF, worker));
    if (issued?.status !== 200) continue;
    const body = jsonOf(issued);
    acknowledged.jtis.push(jtiOf(body));
    const token = textIn(body, 'access_token');
    const answer = await persist(working, 'revoke', () => post(hub, '/oauth/revoke', { token }, worker));
    if (answer?.status === 200) acknowledged.revoked.push(token);
  }
}

async function counterLoop({ hub, acknowledged, isRunning }: Working): Promise<void> {
  for (let next = 1; isRunning(); next += 1) {
    const answer = await hub
      .admin('PUT', 'tenants/globex', { id: 'globex', name: 'Globex', attributes: { n: next } })
      .catch(() => undefined);
    if (answer?.ok === true) acknowledged.counter = next;
    else if (answer !== undefined && answer.status !== 503)
      acknowledged.problems.push(`PUT tenant: ${answer.status} ${await answer.text()}`);
    await sleep(PAUSE_MS);
  }
}

export function jtiOf(body: Record<string, unknown>): string {
  return textIn(JSON.parse(Buffer.from(textIn(body, 'access_token').split('.')[1] ?? '', 'base64url').toString()), 'jti');
}
