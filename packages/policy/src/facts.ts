import { checkFor } from './checks.ts';
import type { Check } from './checks.ts';
import { findKey } from './keys.ts';
import type { KeySpec } from './keys.ts';
import type { PolicyRequest } from './request.ts';
import type { Comparison } from './rule.ts';
import { MISSING, truthOf } from './truth.ts';
import type { Truth } from './truth.ts';

/** A key that some rule of the set looks at, with its value in the request of the run that `stamp` names. */
export type KeyNote = { readonly spec: KeySpec; stamp: number; value: unknown };

/**
 * One comparison of a set of rules, however many rules make it. Rules say the same things over and over (this tenant, that role): judged once for
 * a request and noted, it costs the other rules one look.
 */
export type Fact = {
  readonly key: KeyNote;
  readonly check: Check;
  /** What it is when the request has no value. */
  readonly absent: Truth;
  /** Asked for in several places; noting what is asked once would cost more than it saves. */
  shared: boolean;
  stamp: number;
  truth: Truth;
};

/** All facts of a set. What is noted in them holds in the run of its stamp alone: nothing is remembered from one decision to the next. */
export type Facts = {
  run: number;
  readonly facts: Map<string, Fact>;
  readonly keys: Map<string, KeyNote>;
};

/** Stamps stay small whole numbers, which are cheap to compare. */
const LAST_RUN = 0x3fff_ffff;

export function newFacts(): Facts {
  return { run: 0, facts: new Map(), keys: new Map() };
}

export function keyNote({ keys }: Facts, key: string): KeyNote {
  const known = keys.get(key);
  if (known) return known;
  const spec = findKey(key);
  if (!spec) throw new Error(`policy: unknown key ${key}; compile only what parsePolicy returned`);
  const note: KeyNote = { spec, stamp: 0, value: undefined };
  keys.set(key, note);
  return note;
}

/** The fact that a comparison states, the same one for equal comparisons. */
export function factOf(facts: Facts, { key, operator, value }: Comparison): Fact {
  const name = JSON.stringify([key, operator, value]);
  const known = facts.facts.get(name);
  if (known) {
    known.shared = true;
    return known;
  }
  const note = keyNote(facts, key);
  const exists = operator === 'exists';
  const check: Check = exists ? () => truthOf(value === true) : checkFor(operator, value, note.spec.kind);
  const absent = exists ? truthOf(value === false) : MISSING;
  const fact: Fact = { key: note, check, absent, shared: false, stamp: 0, truth: MISSING };
  facts.facts.set(name, fact);
  return fact;
}

/** Begins a decision: nothing noted before counts any more. */
export function newRun(facts: Facts): number {
  if (facts.run === LAST_RUN) {
    for (const note of [...facts.facts.values(), ...facts.keys.values()]) note.stamp = 0;
    facts.run = 0;
  }
  facts.run += 1;
  return facts.run;
}

/** The value of a key in the request of this run. */
export function valueOf(note: KeyNote, request: PolicyRequest, run: number): unknown {
  if (note.stamp === run) return note.value;
  note.value = note.spec.read(request);
  note.stamp = run;
  return note.value;
}

/** The truth of a fact about the request of this run. */
export function truthOfFact(fact: Fact, request: PolicyRequest, run: number): Truth {
  if (fact.stamp === run) return fact.truth;
  const value = valueOf(fact.key, request, run);
  const truth = value === undefined || value === null ? fact.absent : fact.check(value);
  if (fact.shared) {
    fact.truth = truth;
    fact.stamp = run;
  }
  return truth;
}
