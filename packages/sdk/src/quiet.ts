/** Calls back once when nobody touched it for `ms`. Starts running when made. */
export function createQuietTimer(ms: number, onQuiet: () => void): { touch(): void; stop(): void } {
  let timer = setTimeout(onQuiet, ms);
  const stop = (): void => clearTimeout(timer);
  const touch = (): void => {
    stop();
    timer = setTimeout(onQuiet, ms);
  };
  return { touch, stop };
}
