import { GRANT_TYPES } from '@writ/protocol';
import {
  MAX_LIST,
  isFields,
  kindOf,
  newFaults,
  quote,
  readChoice,
  readFields,
  readList,
  readText,
  readTexts,
  readWord,
  suggest,
  under,
} from './faults.ts';
import type { Fault, Faults } from './faults.ts';
import { countComparisons, readConditions } from './parse-condition.ts';
import { readRequirement } from './parse-require.ts';
import type { TargetKind } from './request.ts';
import { EFFECTS, GRANTS, STATES } from './rule.ts';
import type { Effect, GrantName, PolicyRule, Selection, Subject, Target } from './rule.ts';

/** What exists already, so that a rule cannot name what does not. */
export type Known = {
  /** Scopes of a resource or connection; `[]` when it is handed out as a whole; undefined when there is no such target. */
  readonly scopesOf: (target: { readonly kind: TargetKind; readonly id: string }) => readonly string[] | undefined;
  /** Whether there is a client with this id. Absent: not checked, as clients may come later by DCR or CIMD. */
  readonly hasClient?: (id: string) => boolean;
};

export type Parsed = { readonly ok: true; readonly rule: PolicyRule } | { readonly ok: false; readonly errors: readonly Fault[] };

const FIELDS = ['id', 'name', 'description', 'state', 'effect', 'subject', 'target', 'grants', 'scopes', 'require'];
const ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
/** scope-token of RFC 6749 §3.3. */
const SCOPE = /^[!#-[\]-~]+$/;
const RESOURCE_TYPES = ['mcp', 'api', 'external'];

/** Registered names of grants (RFC 6749, 8693, 7523, 8628, CIBA), read as the short names of rules. */
const GRANT_ALIASES = new Map<unknown, GrantName>(GRANTS.map((name) => [GRANT_TYPES[name], name]));

/** Done last, so that faults name places as the author counts them. */
function unique<Item>(items: readonly Item[]): Item[] {
  return [...new Set(items)];
}

function readId(faults: Faults, value: unknown): string | undefined {
  const id = readText(faults, value, 'id');
  if (id === undefined || ID.test(id)) return id;
  return faults.add(
    'id',
    'must begin with a letter or digit and go on with letters, digits, dot, underscore, colon or hyphen, at most 128 characters',
  );
}

/** Names of things. `all` and `*` inside a list look like every thing but would be the name of one. */
function readNames(faults: Faults, value: unknown, path: string): string[] | undefined {
  const names = readTexts(faults, value, path);
  const wild = names?.findIndex((name) => name === 'all' || name === '*') ?? -1;
  return wild < 0 ? names : faults.add(`${path}[${String(wild)}]`, 'names one thing; for every one write all, without a list');
}

function readSubject(faults: Faults, value: unknown, known: Known | undefined): Subject | undefined {
  const choice = readChoice(faults, value, 'subject', ['any', 'clients', 'conditions']);
  if (choice?.name === 'any')
    return choice.value === true
      ? { any: true }
      : faults.add('subject.any', 'must be true; for a group of conditions write {conditions: [{any: […]}]}');
  if (choice?.name === 'conditions') {
    const conditions = readConditions(faults, choice.value, 'subject.conditions');
    if (conditions && countComparisons(conditions) > MAX_LIST)
      return faults.add('subject.conditions', `may hold at most ${String(MAX_LIST)} comparisons in all`);
    return conditions && { conditions };
  }
  const clients = choice && readNames(faults, choice.value, 'subject.clients');
  clients?.forEach((id, at) => {
    if (known?.hasClient?.(id) === false) faults.add(`subject.clients[${String(at)}]`, `there is no client ${quote(id)}`);
  });
  return clients && { clients: unique(clients) };
}

function readSelection(faults: Faults, value: unknown, path: string, kind: TargetKind): Selection | undefined {
  if (value === 'all') return 'all';
  if (Array.isArray(value)) {
    const ids = readNames(faults, value, path);
    return ids && unique(ids);
  }
  if (!isFields(value))
    return faults.add(
      path,
      `must be all, a list of ids, {tags: […]} or {types: […]}; this is ${typeof value === 'string' ? quote(value) : kindOf(value)}`,
    );
  const choice = readChoice(faults, value, path, ['tags', 'types']);
  if (!choice) return undefined;
  const at = under(path, choice.name);
  if (choice.name === 'tags') {
    const tags = readTexts(faults, choice.value, at);
    return tags && { tags: unique(tags) };
  }
  const types =
    kind === 'resource'
      ? readList(faults, choice.value, at, (item, where) => readWord(faults, item, where, RESOURCE_TYPES))
      : readTexts(faults, choice.value, at);
  return types && { types: unique(types) };
}

function readTarget(faults: Faults, value: unknown): Target | undefined {
  const choice = readChoice(faults, value, 'target', ['resources', 'connections']);
  if (!choice) return undefined;
  if (choice.name === 'resources') {
    const resources = readSelection(faults, choice.value, 'target.resources', 'resource');
    return resources && { resources };
  }
  const connections = readSelection(faults, choice.value, 'target.connections', 'connection');
  return connections && { connections };
}

function readGrant(faults: Faults, value: unknown, path: string): GrantName | undefined {
  if (value === 'refresh_token') return faults.add(path, 'a refresh is judged as the grant that it came from; name that grant');
  return GRANT_ALIASES.get(value) ?? readWord(faults, value, path, GRANTS);
}

/** The ids a target names, with the scopes of each; nothing when it does not name ids or nothing is known. */
function knownTargets(faults: Faults, target: Target | undefined, known: Known | undefined): { id: string; scopes: readonly string[] }[] {
  if (!target || !known) return [];
  const kind = 'resources' in target ? 'resource' : 'connection';
  const selection = 'resources' in target ? target.resources : target.connections;
  if (!Array.isArray(selection)) return [];
  const ids: readonly string[] = selection;
  return ids.flatMap((id, at) => {
    const scopes = known.scopesOf({ kind, id });
    if (!scopes) faults.add(`target.${kind}s[${String(at)}]`, `there is no ${kind} ${quote(id)}`);
    return scopes ? [{ id, scopes }] : [];
  });
}

type Targets = readonly { readonly id: string; readonly scopes: readonly string[] }[];

function readScope(faults: Faults, value: unknown, path: string, targets: Targets): string | undefined {
  const scope = readText(faults, value, path);
  if (scope === undefined) return undefined;
  if (!SCOPE.test(scope))
    return faults.add(
      path,
      `${quote(scope)} is not a scope: no spaces, quotes, backslashes or letters outside ASCII (RFC 6749 section 3.3)`,
    );
  if (targets.length === 0 || targets.some((target) => target.scopes.includes(scope))) return scope;
  const offered = [...new Set(targets.flatMap((target) => target.scopes))];
  const names = targets.map((target) => target.id).join(', ');
  if (offered.length === 0) return faults.add(path, `${names} has no scopes and is handed out as a whole; write scopes: all`);
  return faults.add(path, `${names} has no scope ${quote(scope)}; ${suggest(scope, offered)}`);
}

function readScopes(faults: Faults, value: unknown, effect: Effect | undefined, targets: Targets): 'all' | string[] | undefined {
  if (value === 'all') return 'all';
  if (value === undefined) {
    // Leaving scopes out may restrict everything, but must not open everything by forgetting a line.
    const whole = targets.length > 0 && targets.every((target) => target.scopes.length === 0);
    return effect !== 'allow' || whole
      ? 'all'
      : faults.add('scopes', 'must be a list of scope names, or all; an allow rule must say which');
  }
  if (!Array.isArray(value))
    return faults.add(
      'scopes',
      `must be all or a list of scope names; this is ${typeof value === 'string' ? quote(value) : kindOf(value)}`,
    );
  const names = readNames(faults, value, 'scopes');
  const scopes = names && readList(faults, names, 'scopes', (item, path) => readScope(faults, item, path, targets));
  return scopes && unique(scopes);
}

function readRequire(faults: Faults, value: unknown, effect: Effect | undefined): PolicyRule['require'] {
  if (effect === 'require') return readRequirement(faults, value, 'require');
  if (value !== undefined) faults.add('require', 'belongs to rules whose effect is require; write it as a rule of its own');
  return undefined;
}

function readOptionalText(faults: Faults, value: unknown, path: string): string | undefined {
  return value === undefined ? undefined : readText(faults, value, path);
}

/**
 * Reads a rule as config file, API or import gives it. Every fault is reported with the path of its field and what would be right.
 * The rule that comes back is in today's form: defaults filled in, older names replaced, doubles removed.
 */
export function parsePolicy(input: unknown, known?: Known): Parsed {
  const faults = newFaults();
  const fields = readFields(faults, input, '', FIELDS);
  if (!fields) return { ok: false, errors: faults.list };
  const id = readId(faults, fields.id);
  const name = readOptionalText(faults, fields.name, 'name');
  const description = readOptionalText(faults, fields.description, 'description');
  const state = readWord(faults, fields.state ?? 'enforce', 'state', STATES);
  const effect = readWord(faults, fields.effect, 'effect', EFFECTS);
  const subject = readSubject(faults, fields.subject, known);
  const target = readTarget(faults, fields.target);
  const grants =
    fields.grants === undefined ? undefined : readList(faults, fields.grants, 'grants', (item, path) => readGrant(faults, item, path));
  const scopes = readScopes(faults, fields.scopes, effect, knownTargets(faults, target, known));
  const require = readRequire(faults, fields.require, effect);
  if (faults.list.length > 0 || !id || !state || !effect || !subject || !target || !scopes) return { ok: false, errors: faults.list };
  const rule: PolicyRule = {
    id,
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    state,
    effect,
    subject,
    target,
    ...(grants === undefined ? {} : { grants: unique(grants) }),
    scopes,
    ...(require === undefined ? {} : { require }),
  };
  return { ok: true, rule };
}
