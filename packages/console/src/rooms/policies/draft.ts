import { wordsOf } from '../../ui/words.ts';
import { parsePolicy, type Parsed } from '@writ/policy';
import { draftOf, type Draft, type Fields } from '../../kit/text-draft.ts';

/** Members in the order in which a rule is read; those that nobody knows last. */
const ORDER = ['id', 'name', 'description', 'state', 'effect', 'subject', 'target', 'grants', 'scopes', 'require'];

function ordered(value: Fields): Fields {
  const known = ORDER.filter((name) => value[name] !== undefined);
  const rest = Object.keys(value).filter((name) => !ORDER.includes(name) && value[name] !== undefined);
  return Object.fromEntries([...known, ...rest].map((name) => [name, value[name]]));
}

/** A draft of what the form says, in the order of reading. */
export function ruleDraft(value: Fields): Draft {
  return draftOf(ordered(value));
}

export type Judged = { draft: Draft; parsed: Parsed | undefined };

/** The draft as the engine of the hub reads it. */
export function judge(draft: Draft): Judged {
  return { draft, parsed: draft.value === undefined ? undefined : parsePolicy(draft.value) };
}

/** What is wrong at a field or below it, as one text. */
export function faultAt(faults: readonly { path: string; message: string }[], field: string): string | undefined {
  const mine = faults.filter(({ path }) => path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`));
  return mine.length === 0 ? undefined : mine.map(({ path, message }) => (path === field ? message : `${path}: ${message}`)).join('; ');
}

/** The body of a put: the rule without its id, which stands in the path, and without what only the hub says of it. */
export function bodyOf({ id: _, version: _version, createdAt: _createdAt, updatedAt: _updatedAt, ...rest }: Fields): Fields {
  return rest;
}

/** A rule to begin with: switched to shadow, so that publishing it changes nothing yet. */
export const BLANK: Fields = {
  id: '',
  state: 'shadow',
  effect: 'allow',
  subject: { any: true },
  target: { resources: 'all' },
  scopes: [],
};

/** The value of a comparison as typed: lists where the operator takes one, numbers and booleans where the key may hold them. */
export function valueOf(key: string, operator: string, text: string): unknown {
  const isOpen = /^(user\.attributes|tenant\.attributes|jwtClaims)\./.test(key);
  const one = (word: string): unknown => {
    const numeric = key === 'delegation.depth' || (isOpen && ['greaterThan', 'lessThan', 'between'].includes(operator));
    if (numeric && /^-?\d+(\.\d+)?$/.test(word)) return Number(word);
    return isOpen && (word === 'true' || word === 'false') ? word === 'true' : word;
  };
  if (operator === 'exists') return text !== 'false';
  if (['in', 'notIn', 'between'].includes(operator)) return wordsOf(text).map(one);
  if (operator === 'cidr' && wordsOf(text).length > 1) return wordsOf(text);
  return one(text);
}
