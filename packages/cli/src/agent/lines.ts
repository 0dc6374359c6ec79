import { at, listAt, numberAt, textAt, textsAt } from '../json.ts';
import { facts, moment, table } from '../terminal/table.ts';
import type { Column } from '../terminal/table.ts';
import type { Terminal } from '../terminal/terminal.ts';

const ACCESS: readonly Column<unknown>[] = [
  ['RESOURCE', (one) => textAt(one, 'resource')],
  ['SCOPE', (one) => textAt(one, 'scope')],
  ['RISK', (one) => textAt(one, 'risk')],
  ['BY', (one) => textAt(one, 'via')],
  ['USED', (one) => String(numberAt(one, 'count') ?? 0)],
  ['LAST USED', (one) => lastUse(one)],
  ['UNTIL', (one) => moment(at(one, 'expiresAt'))],
];
const CONNECTIONS: readonly Column<unknown>[] = [
  ['CONNECTION', (one) => named(textAt(one, 'connection'), textAt(one, 'name'))],
  ['ACCOUNT OF', (one) => `${textAt(one, 'owner.kind') ?? '?'} ${textAt(one, 'owner.id') ?? '?'}`],
  ['STATE', (one) => textAt(one, 'state')],
  ['LAST USED', (one) => lastUse(one)],
];
const BUDGET: readonly Column<unknown>[] = [
  ['POLICY', (one) => textAt(one, 'policy')],
  ['KIND', (one) => textAt(one, 'kind')],
  ['USED', (one) => `${numberAt(one, 'used') ?? 0} of ${numberAt(one, 'limit') ?? 0}`],
  ['PER', (one) => `${numberAt(one, 'windowSeconds') ?? 0} s`],
];
const REFUSALS: readonly Column<unknown>[] = [
  ['REFUSED FOR', (one) => textAt(one, 'reason')],
  ['TIMES', (one) => String(numberAt(one, 'count') ?? 0)],
  ['LAST', (one) => moment(at(one, 'lastAt'))],
  ['DECISION', (one) => textAt(one, 'decision')],
];

/** An agent as a person reads it: who it is, then what it may do, highest risk first, and what it was refused. */
export function agentLines(to: Pick<Terminal, 'paint'>, agent: unknown): string[] {
  const parts: readonly (readonly [string, readonly Column<unknown>[]])[] = [
    ['access', ACCESS],
    ['connections', CONNECTIONS],
    ['budget', BUDGET],
    ['refusals', REFUSALS],
  ];
  return [...headOf(to, agent), ...parts.flatMap(([name, columns]) => partOf(to, listAt(agent, name), columns))];
}

function partOf(to: Pick<Terminal, 'paint'>, rows: readonly unknown[], columns: readonly Column<unknown>[]): string[] {
  return rows.length === 0 ? [] : ['', ...table(to, rows, columns)];
}

function headOf(to: Pick<Terminal, 'paint'>, agent: unknown): string[] {
  return facts(to, [
    ['agent', textAt(agent, 'id')],
    ['client', named(textAt(agent, 'client'), textAt(agent, 'clientName'))],
    ['registered', registeredAs(agent)],
    ['acts for', principalOf(agent)],
    ['tenant', textAt(agent, 'tenant')],
    ['owner', named(textAt(agent, 'owner.id'), textAt(agent, 'owner.name')) ?? 'nobody'],
    ['state', stateOf(agent)],
    ['made', moment(at(agent, 'createdAt'))],
    ['first used', moment(at(agent, 'firstUsedAt'))],
    ['last used', `${lastUse(agent)}${at(agent, 'dormant') === true ? ' (dormant)' : ''}`],
    ['calls', `${numberAt(agent, 'calls') ?? 0}, ${numberAt(agent, 'denials') ?? 0} denied`],
    ['risk', textAt(agent, 'risk')],
    ...textsAt(agent, 'drift').map((sentence) => ['changed', sentence] as const),
  ]);
}

const VERIFIED_BY: Readonly<Record<string, string>> = {
  registration: 'an administrator wrote it',
  vendor_address: 'published where only its vendor can',
  listed_host: 'an administrator trusts its host',
  administrator: 'an administrator says so',
};

function registeredAs(agent: unknown): string | undefined {
  const kind = textAt(agent, 'registration');
  if (kind === undefined) return undefined;
  const by = textAt(agent, 'evidence.verifiedBy');
  const verified = at(agent, 'verified') === true ? `verified${by === undefined ? '' : ` (${VERIFIED_BY[by] ?? by})`}` : 'not verified';
  return [kind, textAt(agent, 'clientHost'), verified].filter((part) => part !== undefined).join(', ');
}

/** `frozen (owner_left)`: with the reason of whoever stopped it. */
export function stateOf(agent: unknown): string | undefined {
  const [state, reason] = [textAt(agent, 'state'), textAt(agent, 'stateReason')];
  return state === undefined || state === 'active' || reason === undefined ? state : `${state} (${reason})`;
}

/** `ann (Ann Archer)`: the id is what other verbs take. */
export function named(id: string | undefined, name: string | undefined): string | undefined {
  return name === undefined || name === id ? id : `${id ?? '?'} (${name})`;
}

/** `user ann (Ann Archer)`: whom it acts for. */
export function principalOf(agent: unknown): string | undefined {
  const kind = textAt(agent, 'principal.kind');
  if (kind === undefined || kind === 'client') return kind && 'itself';
  return `${kind} ${named(textAt(agent, 'principal.id'), textAt(agent, 'principalName')) ?? '?'}`;
}

export function lastUse(agent: unknown): string {
  return moment(at(agent, 'lastUsedAt')) ?? 'never';
}
