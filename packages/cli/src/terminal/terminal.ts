import { styleText } from 'node:util';
import { visible } from './visible.ts';

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

/** What a verb may do to the outside of its process. Data goes to stdout, words about the work to stderr, so that pipes get data only. */
export type Terminal = {
  print(line: string): void;
  note(line: string): void;
  /** Colours a part of a printed line when a person looks at it (NO_COLOR and pipes get plain text). */
  paint(style: Style, text: string): string;
  /** The exit status of a verb that answered, and whose answer is no. */
  setStatus(status: 1): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** True when somebody can answer a question. */
  readonly isInteractive: boolean;
  /** True when what is printed goes to a screen, and not into a file or a program. */
  readonly isScreen: boolean;
};

export const terminal: Terminal = {
  print: (line) => void process.stdout.write(`${line}\n`),
  note: (line) => void process.stderr.write(`${line}\n`),
  paint: (style, text) => styleText(style, text, { stream: process.stdout }),
  setStatus: (status) => {
    process.exitCode = status;
  },
  env: process.env,
  isInteractive: process.stdin.isTTY && process.stderr.isTTY,
  isScreen: process.stdout.isTTY,
};

/** One JSON value on stdout. Still JSON, yet nothing in it can steer a terminal. */
export function printJson(to: Terminal, value: unknown): void {
  to.print(visible(JSON.stringify(value, undefined, 2), 'json'));
}

/** One JSON value per line. */
export function printJsonLine(to: Terminal, value: unknown): void {
  to.print(visible(JSON.stringify(value), 'json'));
}
