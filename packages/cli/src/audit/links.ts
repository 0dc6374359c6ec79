/** `altered`: not what was hashed. `missing`: numbers are skipped. `broken`: does not continue the entry before it. `cut`: the end is missing. `contradicted`: not what was signed. `manifest`: the file as a whole is not what was signed. */
export type Fault = {
  line: number;
  chain: string;
  seq: number;
  fault: 'unreadable' | 'altered' | 'missing' | 'broken' | 'cut' | 'contradicted' | 'manifest';
};

/** What links an entry to its chain, and where in the file it stands. */
export type Link = { seq: number; prev: string; hash: string; line: number };

/** A chain as far as it was followed, and what came before its turn. `from` is 0 until the chain has begun. */
export type Chain = { from: number; to: number; hash: string; waiting: Map<number, Link> };

/** `prev` of a chain's first entry. */
const GENESIS = '0'.repeat(43);

/** As many entries may come before their turn: more than clocks that differ by seconds can bring about. */
const WINDOW = 10_000;

/** Takes an entry in; answers what is wrong with its place, if anything. */
export function addLink(chains: Map<string, Chain>, name: string, link: Link): Fault | undefined {
  const chain = chains.get(name) ?? { from: 0, to: 0, hash: GENESIS, waiting: new Map<number, Link>() };
  chains.set(name, chain);
  const hasBegun = chain.from > 0;
  const isTwice = (hasBegun && link.seq <= chain.to) || chain.waiting.has(link.seq);
  if (isTwice) return { chain: name, seq: link.seq, line: link.line, fault: 'broken' };
  chain.waiting.set(link.seq, link);
  if (!hasBegun && link.seq !== 1 && chain.waiting.size <= WINDOW) return undefined;
  if (!hasBegun) begin(chain);
  return advance(name, chain) ?? (chain.waiting.size > WINDOW ? missing(name, chain) : undefined);
}

/** After the last line: chains that begin later than at 1, and entries that still wait for one that never came. */
export function finish(chains: ReadonlyMap<string, Chain>): Fault | undefined {
  for (const [name, chain] of chains) {
    if (chain.from === 0) begin(chain);
    const fault = advance(name, chain) ?? (chain.waiting.size > 0 ? missing(name, chain) : undefined);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** What lies before the lowest number is not in the file: the link to it is taken as it is, unless it is the very first. */
function begin(chain: Chain): void {
  const first = Math.min(...chain.waiting.keys());
  chain.from = first;
  chain.to = first - 1;
  if (first > 1) chain.hash = chain.waiting.get(first)?.prev ?? GENESIS;
}

function advance(name: string, chain: Chain): Fault | undefined {
  for (let next = chain.waiting.get(chain.to + 1); next !== undefined; next = chain.waiting.get(chain.to + 1)) {
    if (next.prev !== chain.hash) return { chain: name, seq: next.seq, line: next.line, fault: 'broken' };
    chain.waiting.delete(next.seq);
    chain.to = next.seq;
    chain.hash = next.hash;
  }
  return undefined;
}

function missing(name: string, { to, waiting }: Chain): Fault {
  const line = Math.min(...[...waiting.values()].map((link) => link.line));
  return { chain: name, seq: to + 1, line, fault: 'missing' };
}
