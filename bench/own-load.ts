// The load generator for machines without wrk: plain sockets, one answer after the other on each. `runOwn` starts this file as a process of its own.
import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { requestText, type Load, type Measured } from './order.ts';
import { pinned } from './machine.ts';

type Order = Parameters<Load['run']>[0];

export async function runOwn(of: Order, core: number | undefined): Promise<Measured> {
  const command = pinned(core, process.execPath, [fileURLToPath(import.meta.url)]);
  const running = promisify(execFile)(command.program, [...command.args], { maxBuffer: 64 * 1024 * 1024 });
  running.child.stdin?.end(JSON.stringify(of));
  const { measured, tokens }: { measured: Measured; tokens: string[] } = JSON.parse((await running).stdout);
  if (of.asking.kind === 'refresh') of.asking.tokens.splice(0, of.asking.tokens.length, ...tokens);
  return measured;
}

async function work({ url, asking, seconds, connections }: Order): Promise<{ measured: Measured; tokens: string[] }> {
  const tokens = asking.kind === 'refresh' ? asking.tokens : [];
  const fixed = asking.kind === 'fixed' ? asking.requests.map(({ authorization, body }) => requestText(url, authorization, body)) : [];
  const next = (): string =>
    asking.kind === 'refresh'
      ? requestText(url, asking.authorization, asking.body + (tokens.shift() ?? ''))
      : (fixed[Math.floor(Math.random() * fixed.length)] ?? '');
  const latencies: number[] = [];
  let failed = 0;
  const began = performance.now();
  const until = began + seconds * 1000;
  const told = (answer: string, latency: number): void => {
    latencies.push(latency);
    if (!answer.startsWith('HTTP/1.1 2')) failed += 1;
    const token = asking.kind === 'refresh' ? /"refresh_token":"([^"]+)"/.exec(answer)?.[1] : undefined;
    if (token !== undefined) tokens.push(token);
  };
  const outcomes = await Promise.all(Array.from({ length: connections }, () => ask(url, next, told, until)));
  failed += outcomes.filter((fine) => !fine).length;
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor((latencies.length - 1) * share)] ?? 0;
  return {
    measured: {
      perSecond: (latencies.length * 1000) / (performance.now() - began),
      p50: at(0.5),
      p99: at(0.99),
      failed,
      answered: latencies.length,
    },
    tokens,
  };
}

/** Asks on one socket until the time is over; false when the socket broke. */
function ask(url: string, next: () => string, told: (answer: string, latency: number) => void, until: number): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    let held = '';
    let sent = 0;
    const send = (): void => {
      sent = performance.now();
      socket.write(next());
    };
    socket.setEncoding('latin1');
    socket.once('connect', send);
    socket.once('error', () => resolve(false));
    socket.on('data', (part: string) => {
      held += part;
      const end = held.indexOf('\r\n\r\n');
      const length = Number(/^content-length: (\d+)/im.exec(held)?.[1] ?? 0);
      if (end < 0 || held.length < end + 4 + length) return;
      told(held, performance.now() - sent);
      held = '';
      if (performance.now() < until) return send();
      socket.destroy();
      resolve(true);
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdout.write(JSON.stringify(await work(JSON.parse(await text(process.stdin)))));
}
