/** Milliseconds since the epoch. Everything that judges time takes one of these, so that tests can choose it. */
export type Clock = () => number;

/** The one place in this package that reads the machine's clock. */
export const systemClock: Clock = () => Date.now();
