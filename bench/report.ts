// The table, in Markdown.
import type { Case, Taken } from './cases.ts';

export type Report = {
  taken: readonly Taken[];
  cases: readonly Case[];
  rounds: number;
  seconds: number;
  connections: number;
  load: string;
  pinned: boolean;
  machine: string;
  database: string;
  /** Resident memory of the hub's process, MB: at rest after its start, right after all load, and at rest again with its clients in memory. */
  memory: { started: number; busy: number; resting: number };
};

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

type Ratio = (key: string, other: string, value: (one: Taken) => number) => number | undefined;

/** Of two cases, within each round first; the median of those. Undefined when one of them did not run. */
function ratiosOf(taken: readonly Taken[]): Ratio {
  return (key, other, value) => {
    const pairs = taken
      .filter((one) => one.key === key)
      .flatMap((one) => taken.filter((base) => base.key === other && base.round === one.round).map((base) => value(one) / value(base)));
    return pairs.length === 0 ? undefined : median(pairs);
  };
}

/** Medians over the rounds; a ratio is taken within each round first. */
export function tableOf({ taken, cases }: Report): string {
  const of = (key: string): Taken[] => taken.filter((one) => one.key === key);
  const ratio = ratiosOf(taken);
  const rows = cases.map(({ key, name, peer, floor = 'floor' }) => {
    const found = of(key);
    const middle = (value: (one: Taken) => number): number => median(found.map(value));
    return [
      name,
      Math.round(middle(({ perSecond }) => perSecond)).toLocaleString('en'),
      `${Math.round(middle(({ cpu }) => cpu))} (${Math.round(middle(({ serverCpu }) => serverCpu))})`,
      `${middle(({ p50 }) => p50).toFixed(1)} / ${middle(({ p99 }) => p99).toFixed(1)}`,
      shown(ratio(key, floor, ({ perSecond }) => perSecond)),
      shown(ratio(floor, key, ({ cpu }) => cpu)),
      shown(ratio(floor, key, ({ serverCpu }) => serverCpu)),
      peer === undefined ? '' : shown(ratio(key, peer, ({ perSecond }) => perSecond)),
      peer === undefined ? '' : shown(ratio(peer, key, ({ cpu }) => cpu)),
      peer === undefined ? '' : shown(ratio(peer, key, ({ serverCpu }) => serverCpu)),
    ];
  });
  const head = [
    '',
    'requests/s',
    'CPU µs each (of it the server)',
    'p50 / p99 ms',
    'of the floor',
    'of the floor, by CPU',
    'of the floor, by CPU of the server',
    'of the peer',
    'of the peer, by CPU',
    'of the peer, by CPU of the server',
  ];
  return [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function shown(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(2);
}

export function pageOf(report: Report): string {
  const { rounds, seconds, connections, load, machine, database, memory, taken } = report;
  const foreign = median(taken.map((one) => one.foreign));
  const failed = taken.reduce((sum, one) => sum + one.failed, 0);
  const answered = taken.reduce((sum, one) => sum + one.answered, 0);
  return `# Benchmarks

Written by \`npm run bench\`; what it rests on, and how to read it, is in [guides/performance.md](guides/performance.md).

Machine: ${machine}. ${database}. Medians of ${rounds} rounds of ${seconds} s, the cases in turn; ratios are taken within a round.
Load: ${load}, ${connections} connections, keep-alive, loopback, no TLS. ${
    report.pinned
      ? 'Each server is pinned to core 0; the load and Postgres share core 1, and the CPU time of Postgres is counted with that of the server.'
      : 'Nothing is pinned.'
  }
Other programs took ${(foreign * 100).toFixed(0)} % of one core while this ran. ${answered.toLocaleString('en')} requests were answered, ${failed} of them wrongly or not at all.

${tableOf(report)}

Memory of a hub with 1,000 rules and 10,000 clients, without the database: ${Math.round(memory.started)} MB at rest after its start, ${Math.round(memory.resting)} MB at rest with all
clients in its caches, ${Math.round(memory.busy)} MB in the moment when all load ends. At rest: nobody has asked for half a minute after
its start, for two and a half after the load.

How to read the columns: *of the floor* and *of the peer* compare requests a second, with Postgres and the load on the other core. *By CPU* counts every cycle
that server and Postgres took for a request: what one core gives that has to carry both. *By CPU of the server* counts the server's process alone: what one core of
the token endpoint gives, where Postgres has cores of its own, as it has in service. Postgres' share stands in the second column.
${ceilings(ratiosOf(taken))}
* **floor**: a bare Node HTTP server that parses the form and signs one ES256 token. It looks nothing up, decides nothing and records nothing.
* **hub**: \`writ serve\`. 10,000 clients (one by chance for each request), 10 tenants unless said otherwise, 1,000 rules of which eight reach the target and two match;
  every answer waits until its audit entry is durable, and the run fails if one is missing.
* **peer**: node-oidc-provider with a Postgres adapter (\`bench/servers/oidc-provider.ts\`), one client, JWT access tokens signed with ES256, neither policy nor audit.
* **exchange**: the floor also verifies an ES256 token of its own and parses its claims. The hub exchanges tokens of 2,000 clients for another audience: it verifies, asks Postgres whether
  everybody and everything behind the token still stands, decides, signs and records. The peer runs in memory with a custom grant (\`bench/servers/oidc-provider-exchange.ts\`) that
  takes the subject token as it comes: it verifies nothing and records nothing.
* **hand-out**: a token exchange whose answer is a credential of the vault: verified, decided, looked up, opened by its data key, and recorded before it is told. Its
  peer is the hub's own exchange, which it should equal.
* **proxied call**: the hub verifies the token, decides, opens the credential, calls the service with it, looks through the answer for it, and records the call before
  it passes the answer on. The peer is http-proxy, which adds a header. The service itself runs on the core of the load.
* **refresh**: every request rotates a family of its own and gets an access token and an id_token, at the hub and at the peer.
`;
}

/** What no hub can do here, said with the numbers of this run. */
function ceilings(ratio: Ratio): string {
  const byServer = ({ serverCpu }: Taken): number => serverCpu;
  const plain = ratio('peer', 'floor', byServer);
  const exchange = ratio('peer-exchange', 'floor-exchange', byServer);
  if (plain === undefined || exchange === undefined) return '';
  return `
How far ahead of the peer a hub can be is bounded by the floor, which does nothing but parse and sign: it takes ${(1 / plain).toFixed(2)} of the peer's CPU for client
credentials, so even the floor is no more than ${plain.toFixed(1)} times the peer; for an exchange it takes ${(1 / exchange).toFixed(2)}, ${exchange.toFixed(2)} times, because it verifies the token and the
peer does not. 3.5 and 2 times the peer would be ${(3.5 / plain).toFixed(2)} and ${(2 / exchange).toFixed(2)} of the floor.
`;
}
