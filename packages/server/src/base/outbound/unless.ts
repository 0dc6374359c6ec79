/**
 * `work`, unless `stop` comes first: then rejects with the reason of the signal. The work itself goes on, and its owner must end it;
 * this is for work that cannot be told to stop (a name lookup, a request that undici has not yet given a connection).
 */
export async function unless<T>(stop: AbortSignal, work: Promise<T>): Promise<T> {
  const done = new AbortController();
  const stopped = new Promise<never>((_, reject) => {
    const refuse = () => reject(stop.reason);
    if (stop.aborted) refuse();
    stop.addEventListener('abort', refuse, { signal: done.signal });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    done.abort();
  }
}
