type Said = {
  time: string;
  actor: { client?: string | undefined };
  target: { type: string; id: string } | null;
  data: Readonly<Record<string, unknown>>;
};

/** How a signal went round: when it was told, and how many seconds each listener took to act on it. */
export type Propagation = {
  state: string;
  seq: number;
  at: string;
  receivers: readonly { client: string; seconds: number }[];
  slowest: number;
};

function seqOf({ data }: Said): number {
  return typeof data['seq'] === 'number' ? data['seq'] : -1;
}

/**
 * Of the newest signal about an agent: an acknowledgement covers every signal up to its number, so a listener's first one at or after it is when
 * it acted. Undefined when no signal is among those given.
 */
export function propagationOf(agent: string, sent: readonly Said[], acknowledged: readonly Said[]): Propagation | undefined {
  const about = sent.filter(({ target }) => target?.type === 'agent' && target.id === agent);
  const newest = about.toSorted((a, b) => seqOf(b) - seqOf(a))[0];
  if (newest === undefined) return undefined;
  const [seq, told] = [seqOf(newest), Date.parse(newest.time)];
  const first = new Map<string, number>();
  for (const { time, actor, data } of acknowledged) {
    const at = Date.parse(time);
    const covers = typeof data['seq'] === 'number' && data['seq'] >= seq && at >= told;
    if (covers && actor.client !== undefined) first.set(actor.client, Math.min(first.get(actor.client) ?? Infinity, at));
  }
  const receivers = [...first].map(([client, at]) => ({ client, seconds: (at - told) / 1_000 })).toSorted((a, b) => a.seconds - b.seconds);
  return { state: String(newest.data['state']), seq, at: newest.time, receivers, slowest: receivers.at(-1)?.seconds ?? 0 };
}
