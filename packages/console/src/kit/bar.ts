/** `n`: how many there were from `at` on; `refused`: how many of them. */
export type Bar = { at: string; n: number; refused: number };
