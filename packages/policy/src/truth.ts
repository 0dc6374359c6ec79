/**
 * Three values, by Kleene's strong logic: a test is missing when the attribute is absent or of a type it cannot judge.
 * Two values would turn `not` of an absent attribute into a yes, and a caller without attributes into a privileged one.
 */
export const NO = 0;
export const YES = 1;
export const MISSING = 2;

export type Truth = typeof NO | typeof YES | typeof MISSING;

export function truthOf(value: boolean): Truth {
  return value ? YES : NO;
}

export function negate(truth: Truth): Truth {
  if (truth === MISSING) return MISSING;
  return truth === YES ? NO : YES;
}
