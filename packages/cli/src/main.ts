import { CommanderError } from 'commander';
import { buildProgram } from './program.ts';
import { Refused, sentenceOf } from './refused.ts';
import { terminal } from './terminal/terminal.ts';
import { visible } from './terminal/visible.ts';

/** Exit status: 0 done, 1 refused or failed, 2 the command line itself was wrong. */
function statusOf(error: unknown): number {
  // Commander ends this way also after --help and --version, which are no failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof Refused ? error.status : 1;
}

function tell(error: unknown): void {
  if (error instanceof CommanderError) return;
  const sentence = sentenceOf(error);
  if (sentence !== undefined)
    return terminal.note(
      `writ: ${sentence
        .split('\n')
        .map((line) => visible(line))
        .join('\n')}`,
    );
  terminal.note(`writ: something went wrong that should not. Please report it.\n${error instanceof Error ? error.stack : String(error)}`);
}

// `writ audit export | head` closes our output early: that is no failure of ours.
process.stdout.on('error', (error) => {
  if ('code' in error && error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await buildProgram(terminal).parseAsync(process.argv);
} catch (error) {
  tell(error);
  process.exitCode = statusOf(error);
}

// Everything is done and closed by now. A timer or socket that somebody forgot must not keep the program from ending.
setTimeout(() => process.exit(), 3_000).unref();
