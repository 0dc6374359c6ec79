/**
 * `work`, unless `stop` comes first: then rejects with the reason of the signal. The work itself goes on, and its owner must end it;
 * this is for work that cannot be told to stop (a name lookup, a request that undici has not yet given a connection).
 */
export async function unless<T>(stop: AbortSignal, work: Promise<T>): Promise<T> {
  // Taken off by hand: a signal that takes listeners off makes an exception with its stack each time.
  let refuse = (): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    refuse = () => reject(stop.reason);
    if (stop.aborted) refuse();
    stop.addEventListener('abort', refuse);
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    stop.removeEventListener('abort', refuse);
  }
}
