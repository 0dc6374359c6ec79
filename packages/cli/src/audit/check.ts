import { createHash, hash } from 'node:crypto';
import { isObject, numberAt, parseJson, textAt } from '../json.ts';
import { canonicalText } from './canonical.ts';
import { addLink, finish } from './links.ts';
import type { Chain, Fault } from './links.ts';
import { checkpointWatch } from './signed.ts';
import type { Anchors } from './anchors.ts';
import type { Checkpoints, Manifest, ReadCheckpoint, ReadManifest } from './signed.ts';

/** `from`: the first number of each chain in the file; above 1 the entries before it were not exported and cannot be vouched for. */
export type Checked = {
  ok: boolean;
  checked: number;
  chains: { chain: string; from: number; to: number; hash: string }[];
  firstBroken?: Fault;
  /** What the hub's signatures said, where its public keys were given. */
  checkpoints?: Checkpoints;
  /** The hub's signature under the file as a whole. `unknown`: by a key that was not given; missing: there is none. */
  manifest?: Manifest | 'unknown';
};

/** What to hold an export to besides itself. */
export type Against = { read?: { checkpoint: ReadCheckpoint; manifest: ReadManifest }; anchors?: readonly Anchors[] };

/** How an export ends: from where to where each chain reaches. A file without it was cut, or is still being written. */
export type End = { end: { events: number; chains: Readonly<Record<string, { from: number; seq: number; hash: string }>> } };

/**
 * Recomputes an export (one event per line, the line that ends it, the hub's signature under all of it) without any hub: every hash, every link, every number. Chains may
 * be mixed; each tenant has its own, the hub's is ''. Lines may be in order of time, and nodes whose clocks differ write a chain slightly out
 * of that order: only the numbers count. With keys, chains are held to the checkpoints that the hub signed, and the file to its signature. Stops at the first fault.
 */
export async function checkExport(lines: AsyncIterable<string> | Iterable<string>, { read, anchors = [] }: Against = {}): Promise<Checked> {
  const watch = read && checkpointWatch(read.checkpoint);
  const chains = new Map<string, Chain>();
  const sum = createHash('sha256');
  let [at, checked] = [0, 0];
  let end: unknown;
  let signed: string | undefined;
  const told = (firstBroken?: Fault, manifest?: Manifest | 'unknown'): Checked => ({
    ...answer(chains, checked, firstBroken),
    ...(watch && { checkpoints: watch.counts }),
    ...(manifest && { manifest }),
  });
  for await (const line of lines) {
    at += 1;
    if (line.trim() === '') continue;
    const entry = parseJson(line);
    const jws = end === undefined ? undefined : textAt(entry, 'manifest');
    if (jws !== undefined && signed === undefined) {
      signed = jws;
      continue;
    }
    sum.update(`${line}\n`);
    if (end === undefined && isObject(entry) && isObject(entry['end'])) {
      end = entry['end'];
      continue;
    }
    const fault = end === undefined ? follow(chains, entry, at) : unreadable;
    if (fault !== undefined) return told({ line: at, ...fault });
    checked += 1;
    const place = { ...placeOf(entry), line: at };
    const contradiction = (await watch?.take(entry, place)) ?? firstOf(anchors, (one) => one.take(place));
    if (contradiction !== undefined) return told(contradiction);
  }
  const fault = finish(chains) ?? cutIn(chains, end, at) ?? watch?.finish() ?? firstOf(anchors, (one) => one.finish(chains, at));
  if (fault !== undefined || read === undefined || signed === undefined) return told(fault);
  const manifest = await read.manifest(signed);
  const bad = manifest === 'forged' || (manifest !== 'unknown' && manifest.sha256 !== sum.digest('base64url'));
  return bad ? told({ line: at, chain: '', seq: 0, fault: 'manifest' }) : told(undefined, manifest);
}

function firstOf(anchors: readonly Anchors[], ask: (one: Anchors) => Fault | undefined): Fault | undefined {
  for (const one of anchors) {
    const fault = ask(one);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const unreadable = { chain: '', seq: 0, fault: 'unreadable' } as const;

/** Where an entry that was found good stands. */
function placeOf(entry: unknown): { chain: string; seq: number; hash: string } {
  return { chain: textAt(entry, 'tenant') ?? '', seq: numberAt(entry, 'seq') ?? 0, hash: textAt(entry, 'hash') ?? '' };
}

/** Checks one entry by itself and hands it to its chain. */
function follow(chains: Map<string, Chain>, entry: unknown, line: number): (Omit<Fault, 'line'> & { line?: number }) | undefined {
  const [seq, prev, stored] = [numberAt(entry, 'seq'), textAt(entry, 'prev'), textAt(entry, 'hash')];
  if (!isObject(entry) || seq === undefined || prev === undefined || stored === undefined) return unreadable;
  const chain = textAt(entry, 'tenant') ?? '';
  const { hash: _, ...event } = entry;
  if (hash('sha256', canonicalText(event), 'base64url') !== stored) return { chain, seq, fault: 'altered' };
  return addLink(chains, chain, { seq, prev, hash: stored, line });
}

function cutIn(chains: ReadonlyMap<string, Chain>, end: unknown, line: number): Fault | undefined {
  const ends = isObject(end) && isObject(end['chains']) ? end['chains'] : undefined;
  if (ends === undefined) return { line, chain: '', seq: 0, fault: 'cut' };
  for (const [chain, said] of Object.entries(ends)) {
    const found = chains.get(chain);
    if (found !== undefined && found.from !== numberAt(said, 'from')) return { line, chain, seq: found.from - 1, fault: 'missing' };
    if (found?.to !== numberAt(said, 'seq') || found?.hash !== textAt(said, 'hash'))
      return { line, chain, seq: (found?.to ?? 0) + 1, fault: 'cut' };
  }
  return undefined;
}

function answer(chains: ReadonlyMap<string, Chain>, checked: number, firstBroken: Fault | undefined): Checked {
  const list = [...chains].map(([chain, { from, to, hash: last }]) => ({ chain, from, to, hash: last }));
  return { ok: firstBroken === undefined, checked, chains: list, ...(firstBroken === undefined ? {} : { firstBroken }) };
}

const WORDS: Readonly<Record<string, string>> = {
  unreadable: 'is no entry',
  altered: 'was changed after it was written',
  missing: 'is missing',
  broken: 'does not continue the entry before it (reordered or replaced)',
  reordered: 'does not continue the entry before it (reordered or replaced)',
  'column-altered': 'was changed in the columns that searches use',
  contradicted: 'is a checkpoint that the hub did not sign, or signed for another past: the chain was rewritten',
  cut: 'and what follows is missing: the end was cut off',
  truncated: 'and what follows is missing: the end was cut off',
};

/** `entry 17 of tenant acme was changed after it was written`, for faults of this file and of the hub alike. */
export function faultSentence(of: {
  chain?: string | undefined;
  seq?: number | undefined;
  fault?: string | undefined;
  line?: number | undefined;
}): string {
  if (of.fault === 'manifest')
    return 'the signature under the file is not of this hub, or not of this file: something in it was changed, added or taken out';
  // A file without its last line does not say how far any chain went.
  if (of.fault === 'cut' && of.seq === 0)
    return `line ${of.line ?? '?'}: the file ends here, and the line that would say how far its chains reach is missing: the end was cut off`;
  const where = of.chain === undefined || of.chain === '' ? "the hub's own chain" : `tenant ${of.chain}`;
  const line = of.line === undefined ? '' : `line ${of.line}: `;
  return `${line}entry ${of.seq ?? '?'} of ${where} ${WORDS[of.fault ?? ''] ?? 'is not as it was'}`;
}
