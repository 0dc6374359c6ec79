/** How far a deed on several is. `failed`: what the hub refused; those before it are done. */
export type Progress = { done: number; all: number; failed: Error | undefined };

/** One after the other, so that a refusal stops at the one that it is about. Tells after each; `isStopped` is asked before each. */
export async function freezeAll<One>(
  of: readonly One[],
  by: { freeze: (one: One) => Promise<Error | undefined>; tell: (progress: Progress) => void; isStopped: () => boolean },
): Promise<Progress> {
  let progress: Progress = { done: 0, all: of.length, failed: undefined };
  by.tell(progress);
  for (const one of of) {
    if (by.isStopped()) return progress;
    const failed = await by.freeze(one);
    progress = failed === undefined ? { ...progress, done: progress.done + 1 } : { ...progress, failed };
    by.tell(progress);
    if (failed !== undefined) return progress;
  }
  return progress;
}
