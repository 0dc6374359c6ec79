import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type Child = {
  pid: number;
  /** The next line it prints, parsed. */
  next(): Promise<unknown>;
  /** Kills it at once and answers what it had printed and nobody had read. */
  kill(): Promise<unknown[]>;
  /** Asks it to stop and answers its exit status. */
  stop(): Promise<number | null>;
};

/** Runs a TypeScript program beside this file that prints one JSON value per line. */
export function runChild(program: string, args: readonly string[], identity: { uid?: number; gid?: number } = {}): Child {
  const path = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'], ...identity });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = once(child, 'close');
  const rest = async (): Promise<unknown[]> => {
    const values: unknown[] = [];
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) values.push(JSON.parse(line.value));
    return values;
  };
  return {
    pid: child.pid ?? 0,
    async next() {
      const line = await lines.next();
      if (line.done === true) throw new Error(`${program} ended without another line`);
      return JSON.parse(line.value);
    },
    async kill() {
      child.kill('SIGKILL');
      return rest();
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
      return child.exitCode;
    },
  };
}
