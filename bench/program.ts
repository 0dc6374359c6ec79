// Programs under test, as their users start them: processes of their own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { pinned } from './machine.ts';
import { stopping } from './stops.ts';

export type Program = {
  pid: number;
  /** What it printed before it was ready. */
  lines: readonly string[];
  stop(): Promise<void>;
};

const START_MS = 120_000;

/** Starts a Node program and waits until a line of its output matches. The error says what it printed instead. */
export async function startProgram(of: {
  args: readonly string[];
  core: number | undefined;
  env?: Record<string, string>;
  ready: RegExp;
}): Promise<Program> {
  const command = pinned(of.core, process.execPath, of.args);
  const child = spawn(command.program, command.args, {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...of.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  const isUp = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (of.ready.test(line)) resolve();
      });
    }
  });
  const stop = stopping(async () => {
    child.kill('SIGTERM');
    if (!(await Promise.race([exited.then(() => true), sleep(20_000, false, { ref: false })]))) child.kill('SIGKILL');
  });
  const fell = exited.then(() => 'ended');
  const late = sleep(START_MS, 'is not ready', { ref: false });
  const outcome = await Promise.race([isUp, fell, late]);
  if (typeof outcome === 'string') {
    await stop();
    throw new Error(`${of.args.join(' ')} ${outcome}:\n${lines.slice(-20).join('\n')}`);
  }
  return { pid: child.pid ?? 0, lines: [...lines], stop };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
