import { textAt } from '../json.ts';
import type { Fault } from './links.ts';

/** What a hub signed: that a chain stood there. */
export type Attested = { chain: string; seq: number; hash: string };
/** Reads a signed checkpoint. `unknown`: by a key that is not among those given, so it proves nothing and disproves nothing. */
export type ReadCheckpoint = (jws: string) => Promise<Attested | 'unknown' | 'forged'>;

/** What a hub signed of an export: the digest of every byte before the signature, for whom, and when (milliseconds). */
export type Manifest = { sha256: string; by: string; at: number };
export type ReadManifest = (jws: string) => Promise<Manifest | 'unknown' | 'forged'>;

/** `signed`: the hub signed for exactly what is in the file. `unknown`: by another key. `beyond`: for what lies before the first line. */
export type Checkpoints = { signed: number; unknown: number; beyond: number };

type Entry = { chain: string; seq: number; hash: string; line: number };
type Open = { said: Attested; at: Entry };

/**
 * Holds each chain to what the hub signed earlier: a chain that was rewritten from some entry on fits together again, and does not fit its
 * checkpoints. Memory is bounded by what lies between two checkpoints.
 */
export function checkpointWatch(read: ReadCheckpoint) {
  const hashes = new Map<string, Map<number, string>>();
  const firsts = new Map<string, number>();
  const counts: Checkpoints = { signed: 0, unknown: 0, beyond: 0 };
  let open: Open[] = [];

  const judge = ({ said, at }: Open): Fault | 'wait' | undefined => {
    const there = hashes.get(said.chain)?.get(said.seq);
    if (there === undefined) return 'wait';
    if (there !== said.hash) return contradicted(at);
    counts.signed += 1;
    // A later checkpoint is for a later entry: what lies before this one is not asked for again.
    for (const seq of hashes.get(said.chain)?.keys() ?? []) if (seq < said.seq) hashes.get(said.chain)?.delete(seq);
    return undefined;
  };

  return {
    counts,
    /** Takes in an entry whose own hash is good. */
    async take(entry: unknown, at: Entry): Promise<Fault | undefined> {
      const own = hashes.get(at.chain) ?? new Map<number, string>();
      hashes.set(at.chain, own.set(at.seq, at.hash));
      firsts.set(at.chain, Math.min(firsts.get(at.chain) ?? at.seq, at.seq));
      if (textAt(entry, 'type') !== 'audit.checkpoint') return undefined;
      const said = await read(textAt(entry, 'data.jws') ?? '');
      if (said === 'unknown') counts.unknown += 1;
      if (said === 'unknown') return undefined;
      if (said === 'forged' || said.chain !== at.chain || said.seq >= at.seq) return contradicted(at);
      const judged = judge({ said, at });
      if (judged === 'wait') open.push({ said, at });
      return judged === 'wait' ? undefined : judged;
    },
    /** After the last line: what came out of order is there by now, or is not in the file. */
    finish(): Fault | undefined {
      const left = open;
      open = [];
      for (const one of left) {
        const judged = judge(one);
        if (judged !== 'wait' && judged !== undefined) return judged;
        if (judged === 'wait' && one.said.seq >= (firsts.get(one.said.chain) ?? 0)) return contradicted(one.at);
        if (judged === 'wait') counts.beyond += 1;
      }
      return undefined;
    },
  };
}

const contradicted = ({ chain, seq, line }: Entry): Fault => ({ chain, seq, line, fault: 'contradicted' });
