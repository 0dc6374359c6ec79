import { findKey } from './keys.ts';
import { isComparison } from './rule.ts';
import type { Condition, PolicyRule, Scalar, Subject } from './rule.ts';

/** A rule can match only where the value of this key is one of these, or a list with one of these: what it is shelved by. */
export type Pin = {
  readonly key: string;
  readonly values: readonly Scalar[];
  /** The condition that finding the rule on its shelf already answers, so that nobody needs to judge it again. */
  readonly vouched: Condition | undefined;
};

/** These keys hold one text in every request that has them, so that equality with it is what the shelf looks up. */
const PLAIN = new Set(['client.clientid', 'tenant.id', 'agent.id']);

function pinOfCondition(condition: Condition): Pin | undefined {
  if (!isComparison(condition)) return undefined;
  const { key, operator, value } = condition;
  const kind = findKey(key)?.kind;
  const vouched = PLAIN.has(key) ? condition : undefined;
  if (kind === 'text' && (operator === 'equals' || operator === 'in'))
    return { key, values: [...new Set(typeof value === 'object' ? value : [value])], vouched };
  const member = (kind === 'open' && operator === 'equals') || (kind === 'texts' && operator === 'contains');
  return member && typeof value !== 'object' ? { key, values: [value], vouched: undefined } : undefined;
}

/** Only conditions that all must hold may narrow a rule. */
function pinsOf(subject: Subject): readonly Pin[] {
  if ('any' in subject) return [];
  if ('clients' in subject) return [{ key: 'client.clientid', values: [...new Set(subject.clients)], vouched: undefined }];
  return subject.conditions.map(pinOfCondition).filter((pin) => pin !== undefined);
}

/** How many rules name each value of a key; values of several types never meet. */
function census(rules: readonly PolicyRule[]): (pin: Pin) => number {
  const keys = new Map<string, Map<Scalar, number>>();
  for (const pin of rules.flatMap((rule) => pinsOf(rule.subject))) {
    const counts = keys.get(pin.key) ?? new Map<Scalar, number>();
    keys.set(pin.key, counts);
    for (const value of pin.values) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return ({ key, values }) => values.reduce((sum: number, value) => sum + (keys.get(key)?.get(value) ?? 0), 0);
}

/** Chooses for each rule what it shares with the fewest others: a role that thousands of rules name would leave them all on one shelf. */
export function choosePins(rules: readonly PolicyRule[]): (rule: PolicyRule) => Pin | undefined {
  const shared = census(rules);
  return ({ subject }) => {
    let best: { pin: Pin; count: number } | undefined;
    for (const pin of pinsOf(subject)) {
      const count = shared(pin);
      if (!best || count < best.count) best = { pin, count };
    }
    return best?.pin;
  };
}
