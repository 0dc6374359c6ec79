import { isFields, kindOf, quote } from './faults.ts';
import type { Fields } from './faults.ts';
import { canonicalKey, findKey } from './keys.ts';

type Note = (message: string) => void;

const OPERATORS: Readonly<Record<string, string>> = {
  equals: 'equals',
  equal: 'equals',
  'not equals': 'notEquals',
  notEquals: 'notEquals',
  notEqual: 'notEquals',
  in: 'in',
  'not in': 'notIn',
  notIn: 'notIn',
  contains: 'contains',
  'not contains': 'notContains',
  notContains: 'notContains',
};

/** `userRoles`, `jwtClaims` with the claim beside it, or today's own key. */
function keyOf(fields: Fields): string | undefined {
  const key = fields.key ?? fields.attribute ?? fields.type;
  if (typeof key !== 'string') return undefined;
  const claim = fields.claim ?? fields.claimName ?? fields.name;
  const full = key === 'jwtClaims' && typeof claim === 'string' ? `jwtClaims.${claim}` : canonicalKey(key);
  return findKey(full) ? full : undefined;
}

function noteMeaning(key: string, operator: string, denies: boolean, note: Note): void {
  const list = findKey(key)?.kind === 'texts';
  if (list && (operator === 'equals' || operator === 'notEquals'))
    note(
      `${operator} on ${key} compares the whole list now: exactly these, in any order. Write contains or notContains if one among others was meant.`,
    );
  if (denies)
    note(
      `A deny on ${key} does not reach callers without it, as a missing attribute satisfies nothing; add {any: [{key, operator: exists, value: false}, …]} where it should.`,
    );
  else if (operator.startsWith('not'))
    note(`${operator} on ${key} does not hold for callers without it any more: a missing attribute satisfies nothing.`);
}

function readOldCondition(value: unknown, note: Note, denies: boolean): Fields | undefined {
  const left = (why: string): undefined => {
    note(`It was left out, as ${why}.`);
    return undefined;
  };
  if (!isFields(value)) return left(`a condition must be an object; this is ${kindOf(value)}`);
  const key = keyOf(value);
  if (key === undefined) return left(`there is no key ${quote(String(value.key ?? value.attribute ?? value.type))} now`);
  const given = value.operator ?? value.op;
  const operator = typeof given === 'string' && Object.hasOwn(OPERATORS, given) ? OPERATORS[given] : undefined;
  if (operator === undefined) return left(`the operator ${quote(String(given))} is not known`);
  const operand = value.value ?? value.values;
  const one: unknown = Array.isArray(operand) && operand.length === 1 ? operand[0] : operand;
  const wanted =
    operator === 'in' || operator === 'notIn'
      ? Array.isArray(operand)
        ? operand
        : [operand]
      : operator.endsWith('ontains')
        ? one
        : operand;
  noteMeaning(key, operator, denies, note);
  return { key, operator, value: wanted };
}

/** The conditions of an older rule in today's form; undefined when one of them cannot be carried over. `denies`: the rule forbids. */
export function readOldConditions(value: unknown, note: Note, denies: boolean): Fields[] | undefined {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    note(`It was left out, as its conditions must be a list; this is ${kindOf(value)}.`);
    return undefined;
  }
  const read = value.map((one: unknown) => readOldCondition(one, note, denies));
  const good = read.filter((one) => one !== undefined);
  return good.length === read.length ? good : undefined;
}
