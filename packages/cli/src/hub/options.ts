import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';

/** Adds what every verb of the admin API takes. */
export function withHub(command: Command): Command {
  return command
    .option('--url <url>', 'the hub (default: WRIT_ISSUER, or the running "writ dev")')
    .option('--token <token>', 'admin token (better: WRIT_ADMIN_TOKEN, which other processes cannot see)')
    .option('--json', 'print JSON');
}

/** Adds the examples that end every help page. */
export function withExamples(command: Command, ...examples: readonly [string, ...string[]]): Command {
  const title = examples.length === 1 ? 'Example:' : 'Examples:';
  return command.addHelpText('after', `\n${title}\n${examples.map((line) => `  $ ${line}`).join('\n')}`);
}

/** A verb that only holds others: `agent`, `audit`. */
export function asGroup(command: Command, ...examples: readonly [string, ...string[]]): Command {
  return withExamples(command.helpCommand(false), ...examples);
}

/** Parses a count from 1 to `most`. */
export function countUpTo(most: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (!/^\d{1,9}$/.test(text) || count < 1 || count > most) throw new InvalidArgumentError(`A number from 1 to ${most}.`);
    return count;
  };
}

export function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('A port from 0 to 65535.');
  return Number(text);
}

/** Collects an option that may stand several times, and lists separated by commas or spaces. */
export function several(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), ...text.split(/[\s,]+/).filter((part) => part !== '')];
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30m`, `12h` or `7d` of an option, in milliseconds. */
export function spanOf(text: string): number {
  const [, count, unit] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  const span = Number(count) * (UNITS[unit ?? ''] ?? 0);
  if (!(span > 0)) throw new InvalidArgumentError('A number and a unit: 30m, 12h, 7d.');
  return span;
}
