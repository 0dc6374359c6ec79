import { cedarConditions } from './cedar-condition.ts';
import type { CedarPattern, Exporting } from './cedar-condition.ts';
import { quoted } from './cedar-text.ts';
import type { Fault } from './faults.ts';
import type { Effect, PolicyRule, Requirement, Selection, StepUp } from './rule.ts';

export type CedarExport =
  | {
      readonly ok: true;
      /** One policy for each enforced allow, deny and limit of delegation. A scope is granted exactly when Cedar says Allow to this set. */
      readonly text: string;
      /** One policy for each enforced rule with requirements. The policies that Cedar names in its reason must be met for the scope. */
      readonly requirements: string;
      /** Globs that Cedar cannot judge: toCedarRequest answers them in the context. */
      readonly patterns: readonly CedarPattern[];
    }
  | { readonly ok: false; readonly errors: readonly Fault[] };

/** Type of the action that stands for a scope, and of the one for a credential as a whole. */
export const SCOPE_ACTION = 'Scope::Action';
export const WHOLE_ACTION = 'Whole::Action';

const HEAD = `// The enforced allow and deny rules. A scope is granted when the decision is Allow.
// principal: Client, action: ${SCOPE_ACTION}::"<scope>", or ${WHOLE_ACTION}::"whole" for a credential without scopes, resource: Resource or Connection.
`;
const REQUIREMENTS_HEAD = `// What rules require, apart from the decision. Ask after a scope was granted: each policy in the reason must be met, as @require says.
`;

function list(items: readonly string[]): string {
  return `[${items.join(', ')}]`;
}

function entity(type: string, id: string): string {
  return `${type}::${quoted(id)}`;
}

type Part = { readonly head: string; readonly when: readonly string[] };

function principalOf({ subject }: PolicyRule, to: Exporting): Part {
  if ('any' in subject) return { head: 'principal is Client', when: [] };
  if ('conditions' in subject) return { head: 'principal is Client', when: cedarConditions(subject.conditions, to) };
  const clients = subject.clients.map((id) => entity('Client', id));
  if (clients.length === 1) return { head: `principal == ${clients[0] ?? ''}`, when: [] };
  return { head: 'principal is Client', when: [`${list(clients)}.contains(principal)`] };
}

function resourceOf({ target }: PolicyRule): Part {
  const [type, selection]: [string, Selection] =
    'resources' in target ? ['Resource', target.resources] : ['Connection', target.connections];
  const head = `resource is ${type}`;
  if (selection === 'all') return { head, when: [] };
  if ('tags' in selection) return { head, when: [`resource has tags && resource.tags.containsAny(${list(selection.tags.map(quoted))})`] };
  if ('types' in selection) return { head, when: [`resource has kind && ${list(selection.types.map(quoted))}.contains(resource.kind)`] };
  const ids = selection.map((id) => entity(type, id));
  if (ids.length === 1) return { head: `resource == ${ids[0] ?? ''}`, when: [] };
  return { head, when: [`${list(ids)}.contains(resource)`] };
}

function actionOf({ scopes, effect, target }: PolicyRule): string {
  if (scopes === 'all') return 'action';
  const actions = scopes.map((scope) => entity(SCOPE_ACTION, scope));
  // A rule that restricts one scope of a connection restricts its credential as a whole (decide.ts, covers).
  if (effect !== 'allow' && 'connections' in target) actions.push(entity(WHOLE_ACTION, 'whole'));
  return `action in ${list(actions)}`;
}

function grantsOf({ grants }: PolicyRule): readonly string[] {
  return grants ? [`context has grant && ${list(grants.map(quoted))}.contains(context.grant)`] : [];
}

function annotationsOf({ id, name, description }: PolicyRule, more: readonly string[]): readonly string[] {
  const named = (word: string, text: string | undefined): string[] => (text === undefined ? [] : [`@${word}(${quoted(text)})`]);
  return [...named('id', id), ...named('name', name), ...named('description', description), ...more];
}

type Kind = 'permit' | 'forbid';

function policyOf(rule: PolicyRule, kind: Kind, to: Exporting, extra: { when?: string; annotate?: string } = {}): string {
  const principal = principalOf(rule, to);
  const resource = resourceOf(rule);
  const when = [...grantsOf(rule), ...principal.when, ...resource.when, ...(extra.when === undefined ? [] : [extra.when])];
  const head = `${kind} (\n  ${principal.head},\n  ${actionOf(rule)},\n  ${resource.head}\n)`;
  const clauses = when.map((one) => `\nwhen { ${one} }`);
  return `${[...annotationsOf(rule, extra.annotate === undefined ? [] : [extra.annotate]), head].join('\n')}${clauses.join('')};\n`;
}

const KINDS: Readonly<Record<Exclude<Effect, 'require'>, Kind>> = { allow: 'permit', deny: 'forbid' };

/** What a limit of delegation refuses by itself, it must refuse in the export too. */
function deciding(rule: PolicyRule, to: Exporting): string[] {
  if (rule.effect !== 'require') return [policyOf(rule, KINDS[rule.effect], to)];
  const most = rule.require?.maxDelegationDepth;
  if (most === undefined) return [];
  const when = `context has delegation && context.delegation has depth && context.delegation.depth > ${String(most)}`;
  return [policyOf(rule, 'forbid', to, { when, annotate: `@require(${quoted(JSON.stringify({ maxDelegationDepth: most }))})` })];
}

/** True when the login of the request already shows what a step-up asks for; undefined when no login can. */
function steppedUp(need: StepUp): string | undefined {
  if (need === true) return undefined;
  const parts = ['context has token'];
  if (need.acr) parts.push(`context.token has acr && ${list(need.acr.map(quoted))}.contains(context.token.acr)`);
  if (need.amr) parts.push(`context.token has amr && context.token.amr.containsAll(${list(need.amr.map(quoted))})`);
  return parts.join(' && ');
}

/** A requirement is met in the request only when it is a step-up and nothing else. */
function metIn(require: Omit<Requirement, 'maxDelegationDepth'>): string | undefined {
  const { stepUp, ...rest } = require;
  return stepUp !== undefined && Object.keys(rest).length === 0 ? steppedUp(stepUp) : undefined;
}

function requiring(rule: PolicyRule, to: Exporting): string[] {
  const { maxDelegationDepth: _, ...require } = rule.require ?? {};
  if (rule.effect !== 'require' || Object.keys(require).length === 0) return [];
  const met = metIn(require);
  const when = met === undefined ? {} : { when: `!(${met})` };
  return [policyOf(rule, 'permit', to, { ...when, annotate: `@require(${quoted(JSON.stringify(require))})` })];
}

/** Rules that are not in force are named in a comment, so that a reader sees that they were not forgotten. */
function aside({ id, state }: PolicyRule): string {
  return `// ${quoted(id)} is ${state === 'off' ? 'off' : 'in shadow'} and left out.\n`;
}

/**
 * Rules as the text of Cedar policies with the same meaning, a missing attribute included; the guide has what principal, context and entities must
 * hold, and `toCedarRequest` makes them. Refused when a rule has something that Cedar cannot hold exactly: an export that is nearly right is wrong.
 */
export function toCedar(rules: readonly PolicyRule[]): CedarExport {
  const errors: Fault[] = [];
  const patterns = new Map<string, CedarPattern>();
  const sorted = [...rules].sort((a, b) => (a.id < b.id ? -1 : 1));
  const live = sorted.filter((rule) => rule.state === 'enforce');
  const asides = sorted.filter((rule) => rule.state !== 'enforce').map(aside);
  const write = (one: (rule: PolicyRule, to: Exporting) => string[]): string[] =>
    live.flatMap((rule) =>
      one(rule, {
        fault: (message) => void errors.push({ path: rule.id, message }),
        needs: (pattern) => void patterns.set(JSON.stringify(pattern), pattern),
      }),
    );
  const text = [HEAD, ...asides, ...write(deciding)].join('\n');
  const requirements = [REQUIREMENTS_HEAD, ...write(requiring)].join('\n');
  if (!`${text}${requirements}`.isWellFormed())
    errors.push({ path: '', message: 'a text in the rules is not well-formed Unicode, which Cedar cannot hold' });
  return errors.length > 0 ? { ok: false, errors } : { ok: true, text, requirements, patterns: [...patterns.values()] };
}
