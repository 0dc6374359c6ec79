import type { Condition, PolicyRule, Requirement, Selection } from '@writ/policy';
import { listed } from '../../kit/words.ts';

/** By which way to a token, as people say it. */
export const GRANT_WORDS: Readonly<Record<string, string>> = {
  authorization_code: 'by sign-in in a browser',
  client_credentials: 'acting for itself',
  token_exchange: 'by token exchange',
  jwt_bearer: 'by an assertion',
  device_code: 'by a device code',
  ciba: 'by asking a person elsewhere',
};

const OPERATOR_WORDS: Readonly<Record<string, string>> = {
  equals: 'is',
  notEquals: 'is not',
  in: 'is one of',
  notIn: 'is none of',
  contains: 'contains',
  notContains: 'does not contain',
  matches: 'looks like',
  greaterThan: 'is greater than',
  lessThan: 'is less than',
  cidr: 'lies in',
  between: 'is between',
};

function valueWords(value: unknown, last: string): string {
  return Array.isArray(value) ? listed(value.map(String), last) : String(value);
}

function conditionWords(condition: Condition): string {
  if ('any' in condition) return `(${condition.any.map(conditionWords).join(' or ')})`;
  if ('all' in condition) return `(${condition.all.map(conditionWords).join(' and ')})`;
  if ('not' in condition) return `not ${conditionWords(condition.not)}`;
  const { key, operator, value } = condition;
  if (operator === 'exists') return value === false ? `${key} is missing` : `${key} is there`;
  return `${key} ${OPERATOR_WORDS[operator] ?? operator} ${valueWords(value, operator === 'between' ? 'and' : 'or')}`;
}

function subjectWords({ subject }: PolicyRule): string {
  if ('any' in subject) return 'any client';
  if ('clients' in subject) return `the ${subject.clients.length === 1 ? 'client' : 'clients'} ${listed(subject.clients)}`;
  return `whoever fits: ${subject.conditions.map(conditionWords).join(', and ')};`;
}

function selectionWords(one: string, of: Selection): string {
  if (of === 'all') return `every ${one}`;
  if ('tags' in of) return `${one}s tagged ${listed(of.tags, 'or')}`;
  if ('types' in of) return `${one}s of type ${listed(of.types, 'or')}`;
  return `the ${one}${of.length === 1 ? '' : 's'} ${listed(of)}`;
}

function targetWords({ target }: PolicyRule): string {
  return 'resources' in target ? selectionWords('resource', target.resources) : selectionWords('connection', target.connections);
}

function timeWords(seconds: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ];
  const [size, word] = units.find(([unit]) => seconds >= unit && seconds % unit === 0) ?? [1, 'second'];
  const count = seconds / size;
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** What a `require` rule asks for, one phrase for each need. */
export function needWords(require: Requirement): readonly string[] {
  const { stepUp, reconsent, approval, maxLifetime, proofOfPossession, maxDelegationDepth, budget } = require;
  const words: string[] = [];
  if (stepUp === true) words.push('a sign-in with a second factor');
  else if (stepUp !== undefined)
    words.push(
      `a sign-in ${listed([...(stepUp.acr === undefined ? [] : [`of level ${listed(stepUp.acr, 'or')}`]), ...(stepUp.amr === undefined ? [] : [`by ${listed(stepUp.amr)}`])])}`,
    );
  if (reconsent !== undefined) words.push(reconsent === true ? 'consent anew' : `consent not older than ${timeWords(reconsent.maxAge)}`);
  if (approval !== undefined) {
    const { users = [], roles = [], owner } = approval.from;
    const from = [...users, ...roles.map((role) => `the role ${role}`), ...(owner === true ? ['the owner'] : [])];
    words.push(
      `the approval of ${approval.count === 1 ? 'one' : String(approval.count)} of ${listed(from, 'or')}, within ${timeWords(approval.expiresIn)}`,
    );
  }
  if (maxLifetime !== undefined) words.push(`tokens that live ${timeWords(maxLifetime)} at most`);
  if (proofOfPossession !== undefined) words.push(`tokens bound to a key${proofOfPossession === true ? '' : ` (${proofOfPossession})`}`);
  if (maxDelegationDepth !== undefined)
    words.push(maxDelegationDepth === 0 ? 'that nothing is handed on' : `at most ${maxDelegationDepth} hand-ons`);
  if (budget !== undefined) {
    const counts = [
      ...(budget.calls === undefined ? [] : [`${budget.calls} calls`]),
      ...(budget.exchanges === undefined ? [] : [`${budget.exchanges} exchanges`]),
    ];
    words.push(`at most ${listed(counts)} in ${timeWords(budget.window)}`);
  }
  return words;
}

const SHADOW = 'Only written down, not enforced: ';

/** A rule in one sentence, as one would say it to somebody who never saw the language. */
export function sentenceOf(rule: PolicyRule): string {
  const scopes = rule.scopes === 'all' ? 'every scope' : listed(rule.scopes);
  const how =
    rule.grants === undefined
      ? ''
      : `, ${listed(
          rule.grants.map((grant) => GRANT_WORDS[grant] ?? grant),
          'or',
        )},`;
  const who = subjectWords(rule);
  const what = `${scopes} of ${targetWords(rule)}`;
  const said =
    rule.effect === 'require'
      ? `${who}${how} gets ${what} only with ${listed(needWords(rule.require ?? {}))}`
      : `${who}${how} ${rule.effect === 'allow' ? 'may get' : 'never gets'} ${what}`;
  const sentence = `${said.charAt(0).toUpperCase()}${said.slice(1)}.`.replaceAll(/;,? /g, ': ').replaceAll(/: (may|never|gets)/g, ', $1');
  if (rule.state === 'off') return `Switched off. It would say: ${sentence}`;
  return rule.state === 'shadow' ? `${SHADOW}${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}` : sentence;
}
