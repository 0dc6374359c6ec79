import { isFields, kindOf, quote } from './faults.ts';
import type { Fields } from './faults.ts';
import { readOldConditions } from './older-condition.ts';
import { parsePolicy } from './parse.ts';
import type { PolicyRule } from './rule.ts';

/** Something that was not carried over, or means something else now: which rule of the input, and what to do. */
export type OlderNote = { readonly at: string; readonly message: string };
export type OlderImport = {
  /** In today's form; a rule of the older form may become several. */
  readonly rules: readonly PolicyRule[];
  /** Every rule that is missing above has a note here. */
  readonly notes: readonly OlderNote[];
};
export type OlderOptions = {
  /** The id of the resource that has this identifier, for rules that name audiences. */
  readonly resourceOf?: (audience: string) => string | undefined;
};

/** What one rule of the older form becomes, before today's parser has read it. */
type Draft = { readonly suffix: string; readonly input: Fields };
type Entry = {
  readonly at: string;
  readonly note: (message: string) => void;
  readonly options: OlderOptions;
};

const MAX_RULES = 10_000;

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one: unknown): one is string => typeof one === 'string' && one !== '') : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function idFrom(fields: Fields, at: string): string {
  const given = text(fields.id) ?? text(fields.name) ?? `imported-${at}`;
  const plain = given.normalize('NFKD').replace(/[^A-Za-z0-9._:-]+/g, '-');
  return plain.replace(/^[^A-Za-z0-9]+|-+$/g, '').slice(0, 100) || `imported-${at.replace(/[^0-9]+/g, '') || '0'}`;
}

/** What is not understood may have been a restriction: an allow then waits, switched off, until somebody has looked. */
function caution({ note }: Entry, fields: Fields, known: readonly string[], allows: boolean): Fields {
  const strange = Object.keys(fields).filter((name) => !known.includes(name));
  if (strange.length === 0) return {};
  const names = strange.map(quote).join(', ');
  note(
    `${names} ${strange.length === 1 ? 'is' : 'are'} not known and ${strange.length === 1 ? 'was' : 'were'} left out${allows ? '; the rule is off until you have looked at it' : ''}.`,
  );
  return allows ? { state: 'off' } : {};
}

/** What every form has: a name, a description and whether it is on. */
function headOf(fields: Fields): Fields {
  const name = text(fields.name);
  const description = text(fields.description);
  const off = fields.enabled === false || fields.disabled === true;
  return {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(off ? { state: 'off' } : {}),
  };
}

const GENERATED = ['version', 'cedarText', 'createdTime', 'modifiedTime', 'createdBy', 'modifiedBy', 'projectId'];
const HEAD = ['id', 'name', 'description', 'enabled', 'disabled', ...GENERATED];

/** Conditions on the token and accessible scopes of one connection. */
function fromConnectionPolicy(fields: Fields, connection: string, entry: Entry): Draft[] {
  const state = caution(
    entry,
    fields,
    [...HEAD, ...CONNECTION_NAMES, 'conditions', 'accessibleScopes', 'scopes', 'allScopes', 'onFailure'],
    true,
  );
  const conditions = readOldConditions(fields.conditions, entry.note, false);
  if (!conditions) return [];
  const scopes = fields.accessibleScopes ?? fields.scopes;
  const all = fields.allScopes === true || scopes === 'all' || scopes === 'All Scopes' || scopes === '*';
  if (!all && texts(scopes).length === 0) {
    entry.note('It names no accessible scopes, so that it allowed nothing; it was left out.');
    return [];
  }
  if (fields.onFailure !== undefined)
    entry.note(
      'What happens on refusal is no part of a rule now: a refused credential is 403. For fresh consent add a rule that requires reconsent.',
    );
  const subject = conditions.length === 0 ? { any: true } : { conditions };
  const target = { connections: [connection] };
  return [{ suffix: '', input: { ...state, effect: 'allow', subject, target, grants: ['token_exchange'], scopes: all ? 'all' : scopes } }];
}

const RESOURCE_POLICY = [
  'thirdPartyApplicationId',
  'clientId',
  'resourceId',
  'userAccessScopes',
  'clientAccessScopes',
  'allUserScopes',
  'allClientScopes',
];

/** What one client may have of one resource, with a user and alone. */
function fromResourcePolicy(fields: Fields, entry: Entry): Draft[] {
  const state = caution(entry, fields, [...HEAD, ...RESOURCE_POLICY], true);
  const client = text(fields.thirdPartyApplicationId) ?? text(fields.clientId);
  const resource = text(fields.resourceId);
  if (client === undefined || resource === undefined) {
    entry.note('It names no client or no resource; it was left out.');
    return [];
  }
  const draft = (suffix: string, grant: string, all: unknown, list: unknown): Draft[] => {
    const scopes = all === true ? 'all' : texts(list);
    if (scopes.length === 0) return [];
    return [
      {
        suffix,
        input: { ...state, effect: 'allow', subject: { clients: [client] }, target: { resources: [resource] }, grants: [grant], scopes },
      },
    ];
  };
  const drafts = [
    ...draft('-user', 'authorization_code', fields.allUserScopes, fields.userAccessScopes),
    ...draft('-client', 'client_credentials', fields.allClientScopes, fields.clientAccessScopes),
  ];
  if (drafts.length === 0) entry.note('It allows no scopes; it was left out.');
  return drafts;
}

const ACTIONS: Readonly<Record<string, string>> = {
  user_access: 'authorization_code',
  client_access: 'client_credentials',
  exchange_token: 'token_exchange',
  fetch_outbound_token: 'token_exchange',
};
const RULE = ['ruleFamily', 'actionKinds', 'effect', 'principalType', 'principalSelector', 'resourceTargets', 'grants', 'conditions'];

/** Undefined: it cannot be said today, and leaving it out would open or close too much. */
function subjectOf(fields: Fields, denies: boolean, entry: Entry): Fields | undefined {
  const conditions = readOldConditions(fields.conditions, entry.note, denies);
  if (!conditions) return undefined;
  const selected = texts(fields.principalSelector);
  if (fields.principalType === 'user' && selected.length > 0) {
    entry.note('It is for users by id, which no key can say now; it was left out. Give these users a role and write a rule for the role.');
    return undefined;
  }
  if (fields.principalType === 'client' && selected.length > 0) {
    if (conditions.length === 0) return { clients: selected };
    return { conditions: [{ key: 'client.clientid', operator: 'in', value: selected }, ...conditions] };
  }
  if (
    fields.principalType === 'client' ||
    selected.length > 0 ||
    ![undefined, 'any', 'user'].some((known) => known === fields.principalType)
  ) {
    entry.note('It does not say for which clients it is; it was left out.');
    return undefined;
  }
  // A rule for users is one for requests in which a user is present.
  const user = fields.principalType === 'user' ? [{ key: 'user.roles', operator: 'exists', value: true }] : [];
  const both = [...user, ...conditions];
  return both.length === 0 ? { any: true } : { conditions: both };
}

function targetsOf(fields: Fields, audiences: readonly string[], entry: Entry): Fields[] {
  const listed: readonly unknown[] = Array.isArray(fields.resourceTargets) ? fields.resourceTargets : [];
  const given = listed.filter(isFields);
  if (given.length < listed.length) entry.note('Some of its targets are no objects; they were left out.');
  const targets = given.flatMap(({ type, allOfType, ids }): Fields[] => {
    if (type === 'any') return [{ resources: 'all' }, { connections: 'all' }];
    const member = type === 'outbound_app' ? 'connections' : 'resources';
    if (allOfType !== true) return texts(ids).length === 0 ? [] : [{ [member]: texts(ids) }];
    return type === 'outbound_app' ? [{ connections: 'all' }] : [{ resources: { types: [type] } }];
  });
  const found = audiences.map((audience) => ({ audience, id: entry.options.resourceOf?.(audience) }));
  for (const { audience, id } of found) {
    if (id === undefined) entry.note(`No resource has the identifier ${quote(audience)}; the exchange for this audience was left out.`);
  }
  const ids = found.flatMap(({ id }) => (id === undefined ? [] : [id]));
  return ids.length === 0 ? targets : [...targets, { resources: ids }];
}

/** A rule with principal, targets, actions and grants. */
function fromRule(fields: Fields, entry: Entry): Draft[] {
  const denies = fields.effect === 'forbid';
  const state = caution(entry, fields, [...HEAD, ...RULE], !denies);
  const actions = texts(fields.actionKinds);
  const strange = actions.filter((action) => !Object.hasOwn(ACTIONS, action));
  if (strange.length > 0 || (fields.effect !== 'permit' && !denies)) {
    entry.note(
      `Its effect or its actions (${[...strange, fields.effect].map((one) => quote(String(one))).join(', ')}) are not known; it was left out.`,
    );
    return [];
  }
  const grants = [...new Set(actions.map((action) => ACTIONS[action] ?? action))];
  const subject = subjectOf(fields, denies, entry);
  if (!subject) return [];
  const given = Array.isArray(fields.grants) ? fields.grants.filter(isFields) : [];
  const whole = given.some((grant) => grant.allScopes === true);
  const scopes = whole ? 'all' : [...new Set(given.flatMap((grant) => texts(grant.scopes)))];
  const audiences = [...new Set(given.flatMap((grant) => texts(grant.allowedAudiences)))];
  const targets = targetsOf(fields, audiences, entry);
  if (targets.length === 0) entry.note('It names no target that there is; it was left out.');
  if (scopes.length === 0 && !denies && audiences.length === 0) {
    entry.note('It grants no scopes; it was left out.');
    return [];
  }
  // An exchange for an audience said nothing of scopes: it gave whatever the audience had.
  const said = scopes.length === 0 ? 'all' : scopes;
  return targets.map((target, at) => ({
    suffix: targets.length === 1 ? '' : `-${String(at + 1)}`,
    input: { ...state, effect: denies ? 'deny' : 'allow', subject, target, ...(grants.length === 0 ? {} : { grants }), scopes: said },
  }));
}

const CONNECTION_NAMES = ['connection', 'connectionId', 'app', 'appId', 'outboundAppId'];

function draftsOf(fields: Fields, entry: Entry): Draft[] {
  if (fields.effect !== undefined || fields.ruleFamily !== undefined || fields.actionKinds !== undefined) return fromRule(fields, entry);
  if (fields.resourceId !== undefined) return fromResourcePolicy(fields, entry);
  const connection = CONNECTION_NAMES.map((name) => text(fields[name])).find((name) => name !== undefined);
  if (connection !== undefined) return fromConnectionPolicy(fields, connection, entry);
  entry.note('It is of no form that is known: it names no effect, no resource and no connection; it was left out.');
  return [];
}

/** The rules in an input: itself, its list, or the list that it wraps; each may be wrapped once more. */
function entriesOf(input: unknown): unknown[] {
  if (Array.isArray(input)) return input;
  if (!isFields(input)) return [input];
  const list = ['policies', 'policyRules', 'rules', 'resourcePolicies', 'items'].map((name) => input[name]).find(Array.isArray);
  if (!list) return [input];
  const members: unknown[] = list;
  const { app, appId, outboundAppId, connection, connectionId } = input;
  const around = { app, appId, outboundAppId, connection, connectionId };
  return members.map((one) =>
    isFields(one) ? { ...Object.fromEntries(Object.entries(around).filter(([, id]) => id !== undefined)), ...one } : one,
  );
}

function unwrap(entry: unknown): unknown {
  return isFields(entry) && isFields(entry.policyRule) ? entry.policyRule : entry;
}

/** An id that no rule before has. */
function freeId(id: string, taken: ReadonlySet<string>): string {
  let free = id;
  for (let more = 2; taken.has(free); more += 1) free = `${id}-${String(more)}`;
  return free;
}

/**
 * Reads rules of the older forms: conditions on `userRoles` and `jwtClaims` with accessible scopes per connection, scopes of one client and resource,
 * and rules with principal, targets and actions. A rule comes over whole or not at all: a condition that cannot be carried over would widen
 * what the rest allows. What did not come over, and what means something else now, stands in `notes`.
 */
export function importOlder(input: unknown, options: OlderOptions = {}): OlderImport {
  const rules: PolicyRule[] = [];
  const notes: OlderNote[] = [];
  const taken = new Set<string>();
  const entries = entriesOf(input);
  if (entries.length > MAX_RULES)
    return { rules, notes: [{ at: '', message: `There are more than ${String(MAX_RULES)} rules; import them in parts.` }] };
  for (const [index, wrapped] of entries.entries()) {
    const fields = unwrap(wrapped);
    const at = isFields(fields) ? (text(fields.name) ?? text(fields.id) ?? String(index)) : String(index);
    const note = (message: string): void => void notes.push({ at, message });
    if (!isFields(fields)) {
      note(`It must be an object; this is ${kindOf(fields)}.`);
      continue;
    }
    for (const { suffix, input: draft } of draftsOf(fields, { at, note, options })) {
      const id = freeId(idFrom(fields, String(index)) + suffix, taken);
      const parsed = parsePolicy({ id, ...draft, ...headOf(fields) });
      if (parsed.ok) {
        taken.add(id);
        rules.push(parsed.rule);
      } else {
        for (const { path, message } of parsed.errors) note(`It was left out, as ${path} ${message}.`);
      }
    }
  }
  return { rules, notes };
}
