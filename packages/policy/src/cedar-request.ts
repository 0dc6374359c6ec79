import { SCOPE_ACTION, WHOLE_ACTION } from './cedar.ts';
import { matchedName } from './cedar-condition.ts';
import type { CedarPattern } from './cedar-condition.ts';
import { decimalBounds, isCedarWord, numberText, plainAddress } from './cedar-text.ts';
import { scopesOf } from './decide.ts';
import { compileGlob } from './glob.ts';
import { findKey } from './keys.ts';
import { comparable } from './moment.ts';
import type { Attributes, PolicyRequest } from './request.ts';

export type CedarUid = { type: string; id: string };
export type CedarValue = string | number | boolean | CedarValue[] | { [name: string]: CedarValue };

/**
 * A request in the JSON form of Cedar, as its bindings take it: one authorization for each action, all with the same principal, resource,
 * context and entities.
 */
export type CedarRequest = {
  principal: CedarUid;
  /** For each scope, in the order asked for, its action. */
  actions: { scope: string; action: CedarUid }[];
  resource: CedarUid;
  context: Record<string, CedarValue>;
  entities: { uid: CedarUid; attrs: Record<string, CedarValue>; parents: CedarUid[] }[];
};

function extension(fn: 'ip' | 'decimal', arg: string): CedarValue {
  return { __extn: { fn, arg } };
}

function every<Type extends string | number | boolean>(
  list: readonly unknown[],
  is: (one: unknown) => one is Type,
): list is readonly Type[] {
  return list.every(is);
}
const isText = (one: unknown): one is string => typeof one === 'string';
const isNumber = (one: unknown): one is number => typeof one === 'number';
const isFlag = (one: unknown): one is boolean => typeof one === 'boolean';

/** An attribute of open type under the name of each type that it can be judged as; one of no such type is there, and empty. */
function openValue(value: unknown): CedarValue {
  if (isText(value)) {
    const address = plainAddress(value);
    return { text: value, ...(address === undefined ? {} : { address: extension('ip', address) }) };
  }
  if (isFlag(value)) return { flag: value };
  if (isNumber(value) && !Number.isNaN(value)) {
    const { atLeast, atMost } = decimalBounds(value);
    return { number: { value: numberText(value), atLeast: extension('decimal', atLeast), atMost: extension('decimal', atMost) } };
  }
  if (!Array.isArray(value)) return {};
  const members: readonly unknown[] = value;
  // An empty list is a list of every type.
  return {
    ...(every(members, isText) ? { texts: [...members] } : {}),
    ...(every(members, isNumber) ? { numbers: members.map(numberText) } : {}),
    ...(every(members, isFlag) ? { flags: [...members] } : {}),
  };
}

function openRecord(attributes: Attributes): CedarValue {
  const there = Object.entries(attributes).filter(([name, value]) => value !== undefined && value !== null && !isCedarWord(name));
  return Object.fromEntries(there.map(([name, value]) => [name, openValue(value)]));
}

/** The record without its undefined members: Cedar's `has` must say what is missing. */
function present(members: Readonly<Record<string, CedarValue | undefined>>): Record<string, CedarValue> {
  const found: Record<string, CedarValue> = {};
  for (const [name, value] of Object.entries(members)) if (value !== undefined) found[name] = value;
  return found;
}

function matchedIn(request: PolicyRequest, patterns: readonly CedarPattern[]): string[] {
  const matched = patterns.filter(({ key, pattern }) => {
    const value = findKey(key)?.read(request);
    const match = compileGlob(pattern);
    const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
    return match !== undefined && texts.some((text) => typeof text === 'string' && match(text));
  });
  return matched.map(matchedName);
}

function contextOf(request: PolicyRequest, patterns: readonly CedarPattern[]): Record<string, CedarValue> {
  const { user, tenant, agent, token, jwtClaims, delegation } = request;
  const { ip, time } = request.request;
  const address = ip === undefined ? undefined : plainAddress(ip);
  return present({
    grant: request.grant,
    user: user && {
      id: user.id,
      roles: [...user.roles],
      tenantIds: [...user.tenantIds],
      permissions: [...user.permissions],
      attributes: openRecord(user.attributes),
    },
    tenant: tenant && { id: tenant.id, attributes: openRecord(tenant.attributes) },
    agent: agent && { id: agent.id, state: agent.state },
    jwtClaims: jwtClaims && openRecord(jwtClaims),
    token: token && present({ acr: token.acr, amr: token.amr && [...token.amr] }),
    request: present({
      ip: address === undefined ? undefined : extension('ip', address),
      time: Math.floor(time),
      timeOfDay: Math.floor(comparable({ kind: 'daily', ms: 0 }, time)),
    }),
    delegation: { depth: delegation.depth, actors: [...delegation.actors] },
    matched: matchedIn(request, patterns),
  });
}

/** Puts a request in the form that policies of `toCedar` are asked in. `patterns` are those that came with the export. */
export function toCedarRequest(request: PolicyRequest, patterns: readonly CedarPattern[] = []): CedarRequest {
  const { client, target, scopes } = request;
  const principal = { type: 'Client', id: client.id };
  const resource = { type: target.kind === 'resource' ? 'Resource' : 'Connection', id: target.id };
  const { id, name, registrationType, status, owner, tags } = client;
  return {
    principal,
    actions: scopesOf(request).map((scope) => ({ scope, action: { type: scopes.length === 0 ? WHOLE_ACTION : SCOPE_ACTION, id: scope } })),
    resource,
    context: contextOf(request, patterns),
    entities: [
      { uid: principal, attrs: present({ id, name, registrationType, status, owner, tags: [...tags] }), parents: [] },
      { uid: resource, attrs: { kind: target.type, tags: [...target.tags] }, parents: [] },
    ],
  };
}
