// Load from one core: wrk where the machine has it, else a small generator of our own. 64 connections, each asks again when it was answered.
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { canRun, pinned } from './machine.ts';
import { requestText, type Asking, type Load, type Measured } from './order.ts';
import { runOwn } from './own-load.ts';

/** wrk, installed where we may; otherwise our own, which takes more of its core, so Postgres has less of it. */
export function chooseLoad(core: number | undefined): Load {
  if (!canRun('wrk', ['--version']) && process.getuid?.() === 0 && canRun('apt-get', ['--version'])) installWrk();
  return canRun('wrk', ['--version'])
    ? { name: 'wrk', run: (of) => runWrk(of, core) }
    : { name: 'bench/own-load.ts', run: (of) => runOwn(of, core) };
}

function installWrk(): void {
  try {
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'wrk'], { stdio: 'ignore', timeout: 120_000 });
  } catch {
    // No network, or no such package: the other generator serves.
  }
}

const run = promisify(execFile);

async function runWrk({ url, asking, seconds, connections }: Parameters<Load['run']>[0], core: number | undefined): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-bench-load-'));
  try {
    const script = join(folder, 'load.lua');
    writeFileSync(script, asking.kind === 'fixed' ? fixedLua(url, asking.requests) : refreshLua(url, asking));
    const command = pinned(core, 'wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '--latency', '-s', script, url]);
    const { stdout } = await run(command.program, [...command.args], { maxBuffer: 64 * 1024 * 1024 });
    if (asking.kind === 'refresh') asking.tokens.splice(0, asking.tokens.length, ...lastWords(stdout));
    return readWrk(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fixedLua(url: string, requests: readonly { authorization: string; body: string }[]): string {
  const texts = requests.map(({ authorization, body }) => `[==[${requestText(url, authorization, body)}]==]`);
  // A table constructor of Lua takes 2^18 constants at most; its long strings drop carriage returns, so they are put back.
  return `local requests = {\n${texts.join(',\n')}}
for i = 1, #requests do requests[i] = requests[i]:gsub("\\r?\\n", "\\r\\n") end
math.randomseed(os.time())
function request() return requests[math.random(#requests)] end
`;
}

/** Tokens stand in a queue: taken for a request, the next one put in from its answer. What is left is printed, for the next run. */
function refreshLua(url: string, { authorization, body, tokens }: Asking & { kind: 'refresh' }): string {
  const { host, pathname } = new URL(url);
  return `local tokens = { ${tokens.map((token) => JSON.stringify(token)).join(', ')} }
local first, last = 1, #tokens
local head = "POST ${pathname} HTTP/1.1\\r\\nHost: ${host}\\r\\n${authorization === '' ? '' : `Authorization: ${authorization}\\r\\n`}Content-Type: application/x-www-form-urlencoded\\r\\nContent-Length: "
function setup(thread) writer = thread end
function request()
  local token = tokens[first]
  tokens[first] = nil
  first = first + 1
  local body = "${body}" .. token
  return head .. #body .. "\\r\\n\\r\\n" .. body
end
function response(status, headers, body)
  local token = body:match('"refresh_token":"([^"]+)"')
  if token then
    last = last + 1
    tokens[last] = token
  end
  rest = tokens
  from, to = first, last
end
function done()
  local all = writer:get("rest") or {}
  local kept = {}
  for i = writer:get("from") or 1, writer:get("to") or 0 do kept[#kept + 1] = all[i] end
  io.write("LEFT ", table.concat(kept, " "), "\\n")
end
`;
}

function lastWords(output: string): string[] {
  const line = /^LEFT (.*)$/m.exec(output)?.[1] ?? '';
  return line.split(' ').filter((word) => word !== '');
}

function readWrk(output: string): Measured {
  const at = (pattern: RegExp): string => pattern.exec(output)?.[1] ?? '0';
  const broken =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/
      .exec(output)
      ?.slice(1)
      .reduce((sum, one) => sum + Number(one), 0) ?? 0;
  return {
    perSecond: Number(at(/Requests\/sec:\s+([\d.]+)/)),
    p50: milliseconds(at(/\s50%\s+(\S+)/)),
    p99: milliseconds(at(/\s99%\s+(\S+)/)),
    failed: Number(at(/Non-2xx or 3xx responses: (\d+)/)) + broken,
    answered: Number(at(/(\d+) requests in/)),
  };
}

/** `812.00us`, `3.87ms`, `1.02s`. */
function milliseconds(text: string): number {
  const [, number = '0', unit = 'ms'] = /^([\d.]+)(us|ms|s)$/.exec(text) ?? [];
  return Number(number) * ({ us: 0.001, ms: 1, s: 1000 }[unit] ?? 1);
}
