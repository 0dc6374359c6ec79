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
  /** Resident memory of the hub's process, MB: five seconds after its start, and after all load. */
  idleMb: number;
  warmMb: number;
};

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Medians over the rounds; a ratio is taken within each round first. */
export function tableOf({ taken, cases }: Report): string {
  const of = (key: string): Taken[] => taken.filter((one) => one.key === key);
  const ratio = (key: string, other: string, value: (one: Taken) => number): number | undefined => {
    const pairs = of(key).flatMap((one) =>
      of(other)
        .filter(({ round }) => round === one.round)
        .map((base) => value(one) / value(base)),
    );
    return pairs.length === 0 ? undefined : median(pairs);
  };
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
      peer === undefined ? '' : shown(ratio(key, peer, ({ perSecond }) => perSecond)),
      peer === undefined ? '' : shown(ratio(peer, key, ({ cpu }) => cpu)),
    ];
  });
  const head = [
    '',
    'requests/s',
    'CPU µs each (of it the server)',
    'p50 / p99 ms',
    'of the floor',
    'of the floor, by CPU',
    'of the peer',
    'of the peer, by CPU',
  ];
  return [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function shown(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(2);
}

export function pageOf(report: Report): string {
  const { rounds, seconds, connections, load, machine, database, idleMb, warmMb, taken } = report;
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

Memory of a hub without the database: ${Math.round(idleMb)} MB when idle, ${Math.round(warmMb)} MB after all load.

* **floor**: a bare Node HTTP server that parses the form and signs one ES256 token. It looks nothing up, decides nothing and records nothing.
* **hub**: \`writ serve\`. 10,000 clients (one by chance for each request), 10 tenants unless said otherwise, 1,000 rules of which eight reach the target and two match;
  every answer waits until its audit entry is durable, and the run fails if one is missing.
* **peer**: node-oidc-provider with a Postgres adapter (\`bench/servers/oidc-provider.ts\`), one client, JWT access tokens signed with ES256, neither policy nor audit.
* **exchange**: the floor also verifies an ES256 token of its own and parses its claims. The hub exchanges tokens of 2,000 clients for another audience: it verifies, asks Postgres whether
  everybody and everything behind the token still stands, decides, signs and records. The peer runs in memory with a custom grant (\`bench/servers/oidc-provider-exchange.ts\`) that
  takes the subject token as it comes: it verifies nothing and records nothing.
* **refresh**: every request rotates a family of its own and gets an access token and an id_token, at the hub and at the peer.
`;
}
