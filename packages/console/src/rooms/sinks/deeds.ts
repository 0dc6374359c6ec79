type Sink = { state: 'active' | 'paused'; health: { retryAt: number | null } };

/** What can be done to a sink as it is: one that fails waits for its next try, and is not paused, so it is tried and not resumed. */
export function sinkVerbs({ state, health }: Sink): readonly ('Pause' | 'Try now' | 'Resume')[] {
  if (state === 'paused') return ['Resume'];
  return health.retryAt === null ? ['Pause'] : ['Pause', 'Try now'];
}
