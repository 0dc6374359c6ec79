import { setTimeout as sleep } from 'node:timers/promises';
import { ask, basic, encode, FORM, jsonOf } from '../attacks/ask.ts';
import { furniture, SECRETS } from '../attacks/furniture.ts';
import { startLoad } from './load.ts';
import type { Acknowledged } from './load.ts';
import { startMortalHub } from './mortal-hub.ts';
import type { MortalHub } from './mortal-hub.ts';

const FAULTS = ['hub', 'database', 'both'] as const;
type Fault = (typeof FAULTS)[number];

export type FaultReport = {
  seed: number;
  kills: Record<Fault, number>;
  tokens: number;
  refreshes: number;
  revocations: number;
  /** Milliseconds from the kill until requests were answered again. */
  slowestRecovery: number;
  /** Times that a hub was struck while it started, gave up, and was started again. */
  restarts: number;
  /** Empty: nothing acknowledged was lost, no token is without its entry, no family has two leaves, the chains verify. */
  problems: string[];
};

export type FaultOptions = { rounds: number; seed: number; tell?: (sentence: string) => void };

/** Kills the hub, its database, or both, at random moments under load, so many times; then looks whether the promises were kept. */
export async function runFaults({ rounds, seed, tell = () => undefined }: FaultOptions): Promise<FaultReport> {
  const hub = await startMortalHub();
  const kills = { hub: 0, database: 0, both: 0 };
  let slowestRecovery = 0;
  try {
    await furnish(hub);
    const load = await startLoad(hub);
    const { acknowledged } = load;
    const dice = diceOf(seed);
    const beaten: Error[] = [];
    for (let round = 1; round <= rounds && beaten.length === 0 && acknowledged.problems.length === 0; round += 1) {
      const before = acknowledged.jtis.length;
      await sleep(20 + dice() * 400);
      // Where nothing was acknowledged since the last strike, none of it can be lost by the next.
      while (acknowledged.jtis.length === before && acknowledged.problems.length === 0) await sleep(20);
      const fault = FAULTS[Math.floor(dice() * FAULTS.length)] ?? 'hub';
      kills[fault] += 1;
      const took = await strike(hub, fault).catch(
        (error: unknown) => void beaten.push(error instanceof Error ? error : new Error(String(error))),
      );
      slowestRecovery = Math.max(slowestRecovery, took ?? 0);
      tell(
        `round ${round}: killed ${fault}, back after ${Math.round(took ?? -1)} ms, ${acknowledged.jtis.length} tokens, ${acknowledged.refreshes} refreshes`,
      );
    }
    await sleep(300);
    await load.stop();
    const problems = [...beaten.map(({ message }) => message), ...acknowledged.problems];
    if (problems.length === 0) problems.push(...(await broken(hub, acknowledged)));
    const { jtis, refreshes, revoked } = acknowledged;
    return {
      seed,
      kills,
      tokens: jtis.length,
      refreshes,
      revocations: revoked.length,
      slowestRecovery: Math.round(slowestRecovery),
      restarts: hub.restarts(),
      problems,
    };
  } finally {
    await hub.stop();
  }
}

async function furnish(hub: MortalHub): Promise<void> {
  const applied = await hub.admin('POST', 'apply', furniture());
  if (!applied.ok) throw new Error(`apply answered ${applied.status}: ${await applied.text()}`);
}

async function strike(hub: MortalHub, fault: Fault): Promise<number> {
  if (fault !== 'hub') hub.killDatabase();
  if (fault !== 'database') await hub.killHub();
  return hub.recover();
}

/** The promises (security research, I1 to I5), each broken one in a sentence. */
async function broken(hub: MortalHub, acknowledged: Acknowledged): Promise<string[]> {
  return [
    ...(await tokensWithoutEntry(hub, acknowledged.jtis)),
    ...(await lostCounter(hub, acknowledged.counter)),
    ...(await revivedTokens(hub, acknowledged.revoked)),
    ...(await chainsThatDoNotVerify(hub)),
    ...(await familiesWithTwoLeaves(hub, acknowledged.chains)),
  ];
}

async function tokensWithoutEntry(hub: MortalHub, jtis: readonly string[]): Promise<string[]> {
  const rows = await hub.query(
    `SELECT body::jsonb #>> '{data,jti}' AS jti FROM audit_events WHERE type IN ('token.issued', 'token.refreshed')`,
  );
  const known = new Set(rows.map(({ jti }) => String(jti)));
  const without = jtis.filter((jti) => !known.has(jti));
  return without.length === 0 ? [] : [`${without.length} of ${jtis.length} acknowledged tokens have no entry, such as ${without[0]}`];
}

async function lostCounter(hub: MortalHub, counter: number): Promise<string[]> {
  const tenant: unknown = await (await hub.admin('GET', 'tenants/globex')).json();
  const stored = Number(/"n":(\d+)/.exec(JSON.stringify(tenant))?.[1] ?? 0);
  return stored >= counter ? [] : [`the tenant holds ${stored}, but ${counter} was acknowledged`];
}

async function revivedTokens(hub: MortalHub, revoked: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  for (const token of revoked) {
    const answer = await ask(hub.issuer, '/oauth/introspect', {
      method: 'POST',
      headers: { ...FORM, ...basic('worker', SECRETS.worker) },
      body: encode({ token }),
    });
    if (jsonOf(answer)['active'] !== false)
      problems.push(`a token whose revocation was acknowledged is alive: ${answer.text.slice(0, 200)}`);
  }
  return problems;
}

async function chainsThatDoNotVerify(hub: MortalHub): Promise<string[]> {
  const verified = await (await hub.admin('GET', 'events/verify')).text();
  return verified.includes('"ok":true') ? [] : [`the audit chains do not verify: ${verified.slice(0, 300)}`];
}

/** The newest token leads to one child, however often it is asked; an older one comes back too late and ends them all. */
async function familiesWithTwoLeaves(hub: MortalHub, chains: readonly (readonly string[])[]): Promise<string[]> {
  const problems: string[] = [];
  const refresh = (token: string) =>
    ask(hub.issuer, '/oauth/token', {
      method: 'POST',
      headers: FORM,
      body: encode({ grant_type: 'refresh_token', client_id: 'web', refresh_token: token }),
    });
  for (const chain of chains) {
    const newest = chain.at(-1) ?? '';
    const children = new Set<unknown>();
    for (let times = 0; times < 3; times += 1) children.add(jsonOf(await refresh(newest))['refresh_token']);
    const [child] = children;
    if (children.size !== 1 || typeof child !== 'string') problems.push(`the newest token of a family leads to ${children.size} children`);
    else if (chain.length > 2) {
      const old = await refresh(chain[0] ?? '');
      const after = await refresh(child);
      if (old.status !== 400 || after.status !== 400)
        problems.push(`an old token of a family answered ${old.status}, its newest afterwards ${after.status}`);
    }
  }
  return problems;
}

/** Numbers from 0 to 1 that a seed determines (mulberry32), so that a run can be repeated. */
function diceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
