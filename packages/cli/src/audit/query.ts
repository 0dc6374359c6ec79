import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';

/** What searches of the audit trail may ask. */
export type EventFilter = {
  tenant?: string;
  type?: string;
  outcome?: string;
  user?: string;
  agent?: string;
  client?: string;
  txn?: string;
  since?: number;
  until?: number;
};

/** Adds the filters to a verb. */
export function withFilters(command: Command): Command {
  return command
    .option('--tenant <id>', 'of this tenant')
    .option('--type <type>', 'of this type, for example token.issued')
    .option('--outcome <outcome>', 'success, refused or failed')
    .option('--user <id>', 'by or for this user')
    .option('--agent <id>', 'by this agent')
    .option('--client <id>', 'by this client')
    .option('--txn <id>', 'of this chain of calls')
    .option('--since <when>', 'from then on: 2026-11-21, 2026-11-21T10:00:00Z, or 15m, 2h, 7d ago', momentOf)
    .option('--until <when>', 'before then', momentOf);
}

export function queryOf({
  tenant,
  type,
  outcome,
  user,
  agent,
  client,
  txn,
  since,
  until,
}: EventFilter): Record<string, string | undefined> {
  return { tenant, type, outcome, user, agent, client, txn, since: isoOf(since), until: isoOf(until) };
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds: a time with a zone, a day (UTC), or a length of time before now. */
export function momentOf(text: string): number {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (unit !== undefined) return Date.now() - Number(amount) * (UNITS[unit] ?? 0);
  const time = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new InvalidArgumentError('A day (2026-11-21), a time with zone (2026-11-21T10:00:00Z), or a length of time (15m, 2h, 7d).');
  return time;
}

export function isoOf(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
