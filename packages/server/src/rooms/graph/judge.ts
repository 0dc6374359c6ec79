import {
  compilePolicies,
  decide,
  rulesFor,
  type Coverage,
  type Decision,
  type PolicyRequest,
  type PolicyRule,
  type PolicySet,
  type Who,
} from '@writ/policy';
import { keysIn } from '../policies/evidence.ts';
import { bookOf, setFor, type Rulebook } from '../policies/rulebook.ts';
import { subjectOf } from '../policies/who.ts';

/** What is known only when somebody asks: from where and when, how the person signed in, what a token or a platform said. */
const AT_USE = ['request.', 'token.', 'jwtClaims.'];

/** Of which parts of a request nothing is known yet. What is neither is absent, which is known too. */
export type Unknown = { login: boolean; claims: boolean };

/**
 * `open`: rules that hang on what is not known yet. Those that allow or require were taken to match, those that deny were not: the decision
 * is the most that can be had, and each of them is a condition on it.
 */
export type Judged = { decision: Decision; open: readonly OpenRule[] };
export type OpenRule = { rule: PolicyRule; depends: readonly string[] };

export type Judge = {
  rule(id: string): PolicyRule | undefined;
  ask(request: PolicyRequest, unknown: Unknown): Judged;
};

const MOST_BOOKS = 64;

/** The production engine on these rules, for questions of which a part is not known yet. */
export function createJudge(book: Rulebook): Judge {
  const rules = new Map(book.rules.map((rule) => [rule.id, rule]));
  const waiting = book.rules.filter((rule) => rule.state === 'enforce' && keysIn(rule.subject).some(isAtUse));
  const certain = book.rules.filter((rule) => !waiting.includes(rule));
  const subjects = {
    resource: compilePolicies(waiting.map(subjectOf)),
    connection: compilePolicies(waiting.map((rule) => ({ ...subjectOf(rule), target: { connections: 'all' as const } }))),
  };
  const books = new Map<string, Rulebook>();
  /** The rules with those that wait taken as they turned out for this caller. */
  const settled = (coverage: readonly Coverage[]): Rulebook => {
    const signature = coverage.map(({ covers }) => covers[0]).join('');
    const known = books.get(signature);
    if (known !== undefined) return known;
    const matching = coverage.flatMap(({ rule: id, covers, effect }): PolicyRule[] => {
      const rule = rules.get(id);
      const counts = covers === 'yes' || (covers === 'open' && effect !== 'deny');
      return rule !== undefined && counts ? [{ ...rule, subject: { any: true } }] : [];
    });
    if (books.size >= MOST_BOOKS) books.clear();
    const made = bookOf([...certain, ...matching], book.builtIn);
    books.set(signature, made);
    return made;
  };
  return {
    rule: (id) => rules.get(id),
    ask(request, unknown) {
      if (waiting.length === 0) return { decision: decide(setFor(book, request), request), open: [] };
      const coverage = rulesFor(subjects[request.target.kind], whoOf(request, unknown));
      const decision = decide(setFor(settled(coverage), request), request);
      const open = coverage.flatMap(({ rule: id, covers, depends }): OpenRule[] => {
        const rule = covers === 'open' ? rules.get(id) : undefined;
        return rule !== undefined && isAbout(rule, request) ? [{ rule, depends }] : [];
      });
      return { decision, open };
    },
  };
}

function isAtUse(key: string): boolean {
  return AT_USE.some((prefix) => key.startsWith(prefix));
}

function whoOf(request: PolicyRequest, unknown: Unknown): Who {
  const { client, user = null, tenant = null, agent = null, delegation, target } = request;
  return {
    client,
    user,
    tenant,
    agent,
    delegation,
    target,
    ...(unknown.login ? {} : { token: null }),
    ...(unknown.claims ? {} : { jwtClaims: null }),
  };
}

const alone = new WeakMap<PolicyRule, PolicySet>();

/** Whether the rule, whoever it is for, speaks of this target, way and scopes. */
function isAbout(rule: PolicyRule, request: PolicyRequest): boolean {
  const set = alone.get(rule) ?? compilePolicies([{ ...rule, subject: { any: true } }]);
  alone.set(rule, set);
  return decide(set, request).rules.length > 0;
}
