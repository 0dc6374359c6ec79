import { numberAt, parseJson, textAt } from '../json.ts';
import { Refused } from '../refused.ts';
import type { Fault } from './links.ts';
import type { ReadCheckpoint } from './signed.ts';

type Place = { chain: string; seq: number; hash: string };

/**
 * Checkpoints that were kept elsewhere (a sink's bucket, a SIEM): entries of type `audit.checkpoint`, one per line, with others between them or not. Whoever rewrites a whole chain
 * can take its checkpoints out as well, but not these.
 */
export type Anchors = {
  /** How many were signed by the hub. */
  readonly count: number;
  take(entry: Place & { line: number }): Fault | undefined;
  /** After the last line: a chain that ends before a place which the hub signed was cut. */
  finish(ends: ReadonlyMap<string, { from: number; to: number }>, line: number): Fault | undefined;
};

export async function anchorsOf(lines: AsyncIterable<string>, read: ReadCheckpoint, path: string): Promise<Anchors> {
  const kept = new Map<string, Map<number, string>>();
  let count = 0;
  for await (const line of lines) {
    const entry = parseJson(line);
    if (textAt(entry, 'type') !== 'audit.checkpoint') continue;
    const said = await read(textAt(entry, 'data.jws') ?? '');
    if (said === 'unknown') continue;
    if (said === 'forged')
      throw new Refused(`${path} holds a checkpoint that this hub did not sign (entry ${textAt(entry, 'id') ?? '?'}).`);
    kept.set(said.chain, (kept.get(said.chain) ?? new Map<number, string>()).set(said.seq, said.hash));
    count += 1;
  }
  if (count === 0) throw new Refused(`${path} holds no checkpoint that the given keys signed.`);
  return heldTo(kept, count);
}

/**
 * Checkpoints as the hub brought them to its anchor: one line of JSON each, `{chain, seq, hash, jws}`. They count because of where they were kept, whoever signed them: whoever
 * stole the hub's key signs another past as well, and cannot take these away.
 */
export async function placesOf(lines: AsyncIterable<string> | Iterable<string>, path: string): Promise<Anchors> {
  const kept = new Map<string, Map<number, string>>();
  let count = 0;
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const said = parseJson(line);
    const [chain, seq, hash] = [textAt(said, 'chain'), numberAt(said, 'seq'), textAt(said, 'hash')];
    if (chain === undefined || seq === undefined || hash === undefined)
      throw new Refused(`${path}: line ${count + 1} is no checkpoint of an anchor.`);
    const own = kept.get(chain) ?? new Map<number, string>();
    // Two that contradict each other cannot both be true of one chain.
    if ((own.get(seq) ?? hash) !== hash)
      throw new Refused(`${path} holds two checkpoints of entry ${seq} of "${chain}" that contradict each other.`);
    kept.set(chain, own.set(seq, hash));
    count += 1;
  }
  if (count === 0) throw new Refused(`${path} holds no checkpoint.`);
  return heldTo(kept, count);
}

function heldTo(kept: ReadonlyMap<string, ReadonlyMap<number, string>>, count: number): Anchors {
  return {
    count,
    take({ chain, seq, hash, line }) {
      const said = kept.get(chain)?.get(seq);
      return said === undefined || said === hash ? undefined : { chain, seq, line, fault: 'contradicted' };
    },
    finish(ends, line) {
      for (const [chain, { to }] of ends) {
        const last = Math.max(0, ...(kept.get(chain)?.keys() ?? []));
        if (last > to) return { chain, seq: to + 1, line, fault: 'cut' };
      }
      return undefined;
    },
  };
}
