// Runs a command line on another Node and ends as it ends. Used by the launcher and by npm start; parses on any Node from 18 on.
import { spawn } from 'node:child_process';

/** Signals that arrive within this time are one Ctrl-C: the terminal sends it to everybody, and npm sends it on once more. */
const SAME_MS = 1000;

/**
 * Starts `node …args` with our terminal and never returns to the caller's work: the process ends with the child's exit status.
 * The child gets its own process group, so a Ctrl-C reaches it once, through us. The channel ties it to us: if we are killed without a
 * word it notices (see the launcher), and stops cleanly instead of keeping the port. Returns the child.
 */
export function runOn(node, args) {
  const child = spawn(node, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], detached: process.platform !== 'win32' });
  let last = -Infinity;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - last > SAME_MS) child.kill(signal);
      last = now;
    });
  }
  child.once('error', (error) => {
    process.stderr.write(`writ: Node at ${node} could not be started: ${error.message}\n`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
  return child;
}
