import { checkFor } from './checks.ts';
import type { Check } from './checks.ts';
import { findKey } from './keys.ts';
import type { KeySpec } from './keys.ts';
import type { PolicyRequest } from './request.ts';
import type { Comparison } from './rule.ts';
import { MISSING, NO, YES, truthOf } from './truth.ts';
import type { Truth } from './truth.ts';

/**
 * Every different comparison of a set of rules, once, by number. Rules say the same things over and over (this tenant, that role): judged once
 * for a request and noted, they cost the rest of the rules a look into an array.
 */
export type Facts = {
  readonly keys: KeySpec[];
  /** By fact: which key it looks at, how it judges a value, and what it is without one. */
  readonly keyOf: number[];
  readonly checks: Check[];
  readonly absent: Truth[];
  /** What is noted holds only where the stamp is that of this run: nothing is remembered from one decision to the next. */
  run: number;
  readonly notes: { keyStamps: Uint32Array; values: unknown[]; stamps: Uint32Array; truths: Uint8Array };
};

/** Numbers the comparisons of rules while these are compiled. Call `seal` when all are known. */
export type FactTable = { readonly facts: Facts; readonly slotOf: (comparison: Comparison) => number; readonly seal: () => void };

const LAST_RUN = 0xffff_ffff;

function checkOf({ operator, value }: Comparison, spec: KeySpec): { check: Check; absent: Truth } {
  if (operator !== 'exists') return { check: checkFor(operator, value, spec.kind), absent: MISSING };
  return { check: () => truthOf(value === true), absent: truthOf(value === false) };
}

export function newFactTable(): FactTable {
  const notes = { keyStamps: new Uint32Array(0), values: [], stamps: new Uint32Array(0), truths: new Uint8Array(0) };
  const facts: Facts = { keys: [], keyOf: [], checks: [], absent: [], run: 0, notes };
  const keySlots = new Map<string, number>();
  const slots = new Map<string, number>();
  const keySlotOf = (key: string): number => {
    const known = keySlots.get(key);
    if (known !== undefined) return known;
    const spec = findKey(key);
    if (!spec) throw new Error(`policy: unknown key ${key}; compile only what parsePolicy returned`);
    keySlots.set(key, facts.keys.length);
    return facts.keys.push(spec) - 1;
  };
  return {
    facts,
    slotOf(comparison) {
      const name = JSON.stringify([comparison.key, comparison.operator, comparison.value]);
      const known = slots.get(name);
      if (known !== undefined) return known;
      const key = keySlotOf(comparison.key);
      const spec = facts.keys[key];
      if (!spec) throw new Error('policy: a key without a place');
      const { check, absent } = checkOf(comparison, spec);
      slots.set(name, facts.checks.length);
      facts.keyOf.push(key);
      facts.absent.push(absent);
      return facts.checks.push(check) - 1;
    },
    seal() {
      notes.keyStamps = new Uint32Array(facts.keys.length);
      notes.stamps = new Uint32Array(facts.checks.length);
      notes.truths = new Uint8Array(facts.checks.length);
    },
  };
}

/** Begins a decision: nothing noted before counts any more. */
export function newRun(facts: Facts): void {
  if (facts.run === LAST_RUN) {
    facts.notes.stamps.fill(0);
    facts.notes.keyStamps.fill(0);
    facts.run = 0;
  }
  facts.run += 1;
}

function valueAt({ keys, notes, run }: Facts, key: number, request: PolicyRequest): unknown {
  if (notes.keyStamps[key] === run) return notes.values[key];
  const value = keys[key]?.read(request);
  notes.keyStamps[key] = run;
  notes.values[key] = value;
  return value;
}

/** The truth of a fact about the request of this run. */
export function truthAt(facts: Facts, slot: number, request: PolicyRequest): Truth {
  const { notes, run } = facts;
  if (notes.stamps[slot] === run) {
    const noted = notes.truths[slot];
    return noted === YES ? YES : noted === NO ? NO : MISSING;
  }
  const value = valueAt(facts, facts.keyOf[slot] ?? -1, request);
  const truth = (value === undefined || value === null ? facts.absent[slot] : facts.checks[slot]?.(value)) ?? MISSING;
  notes.stamps[slot] = run;
  notes.truths[slot] = truth;
  return truth;
}
