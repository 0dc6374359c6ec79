// One child process at a time, shown to the user as it works; a signal to us is a signal to it.
import { spawn } from 'node:child_process';

const HEARTBEAT_MS = 15_000;

/**
 * Runs a command to its end with our stdin, stdout and stderr. Resolves to its exit status (128 + number when a signal ended it
 * or us, 124 when `limitMs` passed). `waiting`: words printed every 15 s while it runs, for commands that are silent for long.
 */
export function run(command, args, { cwd, env = process.env, limitMs = 0, waiting = '' }) {
  const started = performance.now();
  const child = spawn(command, args, { cwd, env, stdio: 'inherit' });
  const seconds = () => Math.round((performance.now() - started) / 1000);
  const beat = waiting && setInterval(() => process.stdout.write(`… ${waiting} (${seconds()} s)\n`), HEARTBEAT_MS);
  let overdue = false;
  const limit = limitMs > 0 && setTimeout(() => ((overdue = true), stop(child)), limitMs);
  let asked;
  const pass = (signal) => child.kill((asked = signal));
  process.on('SIGINT', pass).on('SIGTERM', pass);
  return new Promise((done) => {
    const end = (status) => {
      clearInterval(beat);
      clearTimeout(limit);
      process.off('SIGINT', pass).off('SIGTERM', pass);
      done(overdue ? 124 : status);
    };
    child.once('error', (error) => (process.stderr.write(`${command}: ${error.message}\n`), end(127)));
    child.once('exit', (code, signal) => end(asked === undefined && code !== null ? code : 128 + (SIGNALS[asked ?? signal] ?? 0)));
  });
}

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

function stop(child) {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
}
