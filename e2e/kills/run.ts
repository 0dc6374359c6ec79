import { openWire } from './cut.ts';
import type { Wire } from './cut.ts';
import { call, percentile, probe, startGuarded } from './servers.ts';
import type { Guarded, Said } from './servers.ts';
import { openKillWorld, RESOURCE, SERVER_SECRET, serverName } from './world.ts';
import type { KillWorld } from './world.ts';

/** Milliseconds from the moment when the revocation was sent to the last time that a server took the token. */
export type Killed = {
  what: string;
  p50: number;
  p95: number;
  slowest: number;
  /** What the hub itself shows of it: when each server said that it had acted. */
  heard: { acknowledged: number; silent: number; away: number; p50: number | null; p95: number | null };
};

export type KillReport = { servers: number; kills: Killed[]; problems: string[] };

export type KillOptions = {
  servers: number;
  /** Milliseconds between two calls of each server. */
  every: number;
  /** Also cut the streams: `reset` ends them, `stall` leaves them standing without a word. */
  cuts: readonly ('reset' | 'stall')[];
  tell?: (sentence: string) => void;
};

/** A server may take its own time to notice a wire that died without a word; after this nobody waits any more. */
const PATIENCE_MS = 90_000;

/**
 * Revokes an agent of each grant kind while every server is called with its token, then freezes in turn all else that can be, then cuts the wires in the
 * moment of a kill. A problem: a server that takes a token after it has refused it, one that never refuses, a way to a token that stayed open.
 */
export async function runKills({ servers, every, cuts, tell = () => undefined }: KillOptions): Promise<KillReport> {
  const world = await openKillWorld(servers);
  const wire = await openWire(Number(new URL(world.hub.issuer).port));
  const guarded: Guarded[] = [];
  const report: KillReport = { servers, kills: [], problems: [] };
  try {
    for (let index = 0; index < servers; index += 1)
      guarded.push(
        await startGuarded({
          name: serverName(index),
          issuer: world.hub.issuer,
          resource: RESOURCE,
          secret: SERVER_SECRET,
          via: wire.port,
        }),
      );
    const of: Killing = { world, guarded, every, report, tell };
    for (const [grant, prepare] of Object.entries(world.ways)) {
      const way = await prepare();
      await kill(of, `agent revoked, ${grant}`, way.token, () => stop(world, `agents/${idIn(way.token, 'agent')}/revoke`));
      const status = await way.again();
      if (status === 200) report.problems.push(`${grant}: a revoked agent got another token`);
    }
    await others(of);
    for (const cut of cuts) await cutWhile(of, wire, cut);
  } finally {
    for (const one of guarded) await one.close();
    await wire.close();
    await world.close();
  }
  return report;
}

type Killing = { world: KillWorld; guarded: readonly Guarded[]; every: number; report: KillReport; tell(sentence: string): void };

/** A token of a service whose agent nobody has revoked. */
async function fresh({ world }: Killing): Promise<string> {
  const answer = await fetch(`${world.hub.issuer}/oauth/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from('several:a-long-secret-of-several').toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', tenant: 'acme', resource: RESOURCE }).toString(),
  });
  const body: { access_token?: string } = await answer.json();
  if (body.access_token === undefined) throw new Error(`no token: ${JSON.stringify(body)}`);
  return body.access_token;
}

/** Everything else that can be stopped and has a token behind it. */
async function others(of: Killing): Promise<void> {
  const { world, report } = of;
  for (const path of ['agents', 'clients/several', 'tenants/acme', 'hub']) {
    const token = await fresh(of);
    const at = path === 'agents' ? `agents/${idIn(token, 'agent')}` : path;
    await kill(of, `${path.split('/')[0] ?? path} frozen`, token, () => stop(world, `${at}/freeze`));
    await stop(world, `${at}/unfreeze`);
    await all(of, token, true);
    if ((await fresh(of)) === token) report.problems.push(`${path}: the same token twice`);
  }
  const token = await fresh(of);
  await kill(of, 'token revoked', token, async () => {
    const answer = await fetch(`${world.hub.issuer}/oauth/revoke`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from('several:a-long-secret-of-several').toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ token }).toString(),
    });
    if (!answer.ok) throw new Error(`revoke answered ${answer.status}`);
  });
}

/** The wire is cut first, and the kill comes while it is. */
async function cutWhile(of: Killing, wire: Wire, cut: 'reset' | 'stall'): Promise<void> {
  const token = await fresh(of);
  await kill(of, `agent frozen, streams ${cut === 'reset' ? 'cut' : 'dead without a word'}`, token, async () => {
    wire[cut]();
    await stop(of.world, `agents/${idIn(token, 'agent')}/freeze`);
  });
  await stop(of.world, `agents/${idIn(token, 'agent')}/unfreeze`);
}

async function stop(world: KillWorld, path: string): Promise<void> {
  const answer = await world.hub.admin('POST', path, { reason: 'the kill run' });
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
}

/** Waits until every server says so of the token. */
async function all({ guarded, report }: Killing, token: string, wanted: boolean): Promise<void> {
  const until = performance.now() + PATIENCE_MS;
  for (const { name, url } of guarded)
    while ((await call(url, token)) !== wanted) {
      if (performance.now() < until) continue;
      report.problems.push(`${name} ${wanted ? 'refuses' : 'takes'} a token that is ${wanted ? 'good again' : 'dead'}`);
      return;
    }
}

async function kill(of: Killing, what: string, token: string, strike: () => Promise<void>): Promise<void> {
  const { guarded, every, report, tell } = of;
  await all(of, token, true);
  const began = performance.now();
  const isOver = (): boolean => performance.now() - began > PATIENCE_MS;
  const probes = guarded.map((one) => probe(one, token, { every, enough: 10, isOver }));
  const struck = performance.now();
  await strike();
  const said = await Promise.all(probes);
  said.forEach((one, index) => judge(report, `${what}: ${guarded[index]?.name ?? '?'}`, one));
  const last = said.map((one) => Math.max(0, (one.findLast(({ ok }) => ok)?.at ?? struck) - struck));
  const killed: Killed = {
    what,
    p50: Math.round(percentile(last, 0.5)),
    p95: Math.round(percentile(last, 0.95)),
    slowest: Math.round(Math.max(...last)),
    heard: await heard(of),
  };
  report.kills.push(killed);
  const { heard: told } = killed;
  tell(
    `${what}: last taken after p50 ${killed.p50} ms, p95 ${killed.p95} ms, slowest ${killed.slowest} ms; the hub saw ${told.acknowledged} act, p95 ${told.p95 ?? '?'} ms`,
  );
}

/** Once refused, never taken again. */
function judge(report: KillReport, who: string, said: Said): void {
  const first = said.findIndex(({ ok }) => !ok);
  if (first === -1) report.problems.push(`${who} never refused it`);
  else if (said.slice(first).some(({ ok }) => ok)) report.problems.push(`${who} took it again after it had refused it`);
}

/** What the hub shows of its newest signal, once it has heard of everybody who listens. */
async function heard({ world, guarded }: Killing): Promise<Killed['heard']> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const listed: { items: { seq: number }[] } = await (await world.hub.admin('GET', 'signals?order=newest&limit=1')).json();
    const told: { spread: Killed['heard'] } = await (await world.hub.admin('GET', `signals/${listed.items[0]?.seq ?? 0}`)).json();
    if (told.spread.acknowledged >= guarded.length || performance.now() > until) return told.spread;
  }
}

/** A claim of a token, unverified. */
function idIn(token: string, claim: string): string {
  const claims: Record<string, unknown> = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  return String(claims[claim]);
}
