import { isFields, kindOf, readCount, readFields, readTexts, under } from './faults.ts';
import type { Faults } from './faults.ts';
import type { ApprovalNeed, Budget, Requirement, StepUp } from './rule.ts';

type Read<Value> = (faults: Faults, value: unknown, path: string) => Value | undefined;

/** A member that may be left out: undefined stays undefined without a fault. */
function optional<Value>(read: Read<Value>): Read<Value> {
  return (faults, value, path) => (value === undefined ? undefined : read(faults, value, path));
}

const seconds: Read<number> = (faults, value, path) => readCount(faults, value, path, 1, 'seconds');
const oneOrMore: Read<string[]> = (faults, value, path) =>
  typeof value === 'string' ? readTexts(faults, [value], path) : readTexts(faults, value, path);

/** The object without its undefined members, so that what is stored and exported says nothing that the author did not. */
function present<Value extends object>(value: Value): Value {
  const kept = { ...value };
  for (const [name, member] of Object.entries(kept)) if (member === undefined) Reflect.deleteProperty(kept, name);
  return kept;
}

const readStepUp: Read<StepUp> = (faults, value, path) => {
  if (value === true) return true;
  if (!isFields(value)) return faults.add(path, `must be true, or an object with acr, amr; this is ${kindOf(value)}`);
  const fields = readFields(faults, value, path, ['acr', 'amr']);
  const acr = optional(oneOrMore)(faults, fields?.acr, under(path, 'acr'));
  const amr = optional(oneOrMore)(faults, fields?.amr, under(path, 'amr'));
  return acr || amr
    ? present({ acr, amr })
    : faults.add(path, 'must name an acr or amr; for the level that the server has set, write true');
};

const readReconsent: Read<true | { maxAge: number }> = (faults, value, path) => {
  if (value === true) return true;
  if (!isFields(value)) return faults.add(path, `must be true, or an object with maxAge; this is ${kindOf(value)}`);
  const maxAge = seconds(faults, readFields(faults, value, path, ['maxAge'])?.maxAge, under(path, 'maxAge'));
  return maxAge === undefined ? undefined : { maxAge };
};

function readFrom(faults: Faults, value: unknown, path: string): ApprovalNeed['from'] | undefined {
  const fields = readFields(faults, value, path, ['users', 'roles', 'owner']);
  if (!fields) return undefined;
  const users = optional(oneOrMore)(faults, fields.users, under(path, 'users'));
  const roles = optional(oneOrMore)(faults, fields.roles, under(path, 'roles'));
  if (fields.owner !== undefined && fields.owner !== true) faults.add(under(path, 'owner'), 'must be true, or left out');
  const owner: true | undefined = fields.owner === true ? true : undefined;
  return users || roles || owner
    ? present({ users, roles, owner })
    : faults.add(path, 'must name users, roles or owner: nobody could approve');
}

const readApproval: Read<ApprovalNeed> = (faults, value, path) => {
  const fields = readFields(faults, value, path, ['from', 'count', 'expiresIn']);
  if (!fields) return undefined;
  const from = readFrom(faults, fields.from, under(path, 'from'));
  const count = readCount(faults, fields.count ?? 1, under(path, 'count'), 1, 'people');
  const expiresIn = seconds(faults, fields.expiresIn ?? 3600, under(path, 'expiresIn'));
  return from && count !== undefined && expiresIn !== undefined ? { from, count, expiresIn } : undefined;
};

const readProof: Read<true | 'dpop' | 'mtls'> = (faults, value, path) =>
  value === true || value === 'dpop' || value === 'mtls' ? value : faults.add(path, 'must be true, dpop or mtls');

const readBudget: Read<Budget> = (faults, value, path) => {
  const fields = readFields(faults, value, path, ['calls', 'exchanges', 'window']);
  if (!fields) return undefined;
  const limit: Read<number> = (sink, given, at) => readCount(sink, given, at, 1, 'uses');
  const calls = optional(limit)(faults, fields.calls, under(path, 'calls'));
  const exchanges = optional(limit)(faults, fields.exchanges, under(path, 'exchanges'));
  const window = seconds(faults, fields.window, under(path, 'window'));
  if (fields.calls === undefined && fields.exchanges === undefined) return faults.add(path, 'must limit calls or exchanges');
  return window === undefined ? undefined : present({ calls, exchanges, window });
};

const depth: Read<number> = (faults, value, path) => readCount(faults, value, path, 0, 'delegations');

const FIELDS = ['stepUp', 'reconsent', 'approval', 'maxLifetime', 'proofOfPossession', 'maxDelegationDepth', 'budget'];

/** Reads what a `require` rule asks for; at least one thing. */
export function readRequirement(faults: Faults, value: unknown, path: string): Requirement | undefined {
  const fields = readFields(faults, value, path, FIELDS);
  if (!fields) return undefined;
  if (!FIELDS.some((name) => fields[name] !== undefined)) return faults.add(path, `must ask for at least one of ${FIELDS.join(', ')}`);
  const member = <Value>(name: string, read: Read<Value>): Value | undefined => optional(read)(faults, fields[name], under(path, name));
  return present({
    stepUp: member('stepUp', readStepUp),
    reconsent: member('reconsent', readReconsent),
    approval: member('approval', readApproval),
    maxLifetime: member('maxLifetime', seconds),
    proofOfPossession: member('proofOfPossession', readProof),
    maxDelegationDepth: member('maxDelegationDepth', depth),
    budget: member('budget', readBudget),
  });
}
