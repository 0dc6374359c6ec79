// npm run bench -- --only policy: the policy engine beside Cedar and casbin, a large tenant, and a replay. Writes docs/bench-policy.md.
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compilePolicies, decide, replay } from '@writ/policy';
import { machineWords } from './machine.ts';
import { casbinEngine, cedarEngine, ourEngine, type Engine } from './policy-engines.ts';
import { policyPageOf, type Compared, type Large, type PolicyReport, type Replayed } from './policy-report.ts';
import { candidatesWorld, chanceFrom, largeWorld, spreadWorld, worstWorld, type World } from './policy-rules.ts';
import { median } from './report.ts';

const PAGE = fileURLToPath(new URL('../docs/bench-policy.md', import.meta.url));
const RULES = 1000;
const LARGE = 50_000;
const RECORDED = 100_000;
const ROUNDS = 5;
/** CPU time of one measurement, microseconds: long beside the clock's steps. */
const SPAN = 400_000;

/** CPU microseconds of one decision, over all requests in turn. Not the time of day: other programs share the machine. */
function costOf(engine: Engine, requests: number): number {
  const start = process.cpuUsage();
  let done = 0;
  let used = 0;
  while (used < SPAN) {
    for (let at = 0; at < requests; at += 1) engine.ask(at);
    done += requests;
    const { user, system } = process.cpuUsage(start);
    used = user + system;
  }
  return used / done;
}

async function compare(world: World): Promise<Compared> {
  const engines = [ourEngine(world), cedarEngine(world), await casbinEngine(world)];
  const answers = engines.map((engine) => world.requests.map((_, at) => engine.ask(at)));
  const [first] = answers;
  for (const [at, engine] of engines.entries()) {
    if (JSON.stringify(answers[at]) !== JSON.stringify(first)) throw new Error(`${engine.name} decides otherwise: ${world.name}`);
  }
  if (first === undefined || !first.includes(true) || !first.includes(false)) throw new Error(`${world.name}: all answers are the same`);
  for (const engine of engines) costOf(engine, world.requests.length);
  const rounds = Array.from({ length: ROUNDS }, () => engines.map((engine) => costOf(engine, world.requests.length)));
  const micros = engines.map((_, at) => rounds.map((costs) => costs[at] ?? 0));
  return { name: world.name, engines: engines.map(({ name }, at) => ({ name, micros: median(micros[at] ?? []) })) };
}

/** Memory in use once nothing is left to collect, MB. */
function heapMb(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  return process.memoryUsage().heapUsed / 1e6;
}

function quantile(sorted: Float64Array, part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

function measureLarge({ rules, requests }: World): Large {
  const before = heapMb();
  const start = process.cpuUsage();
  const set = compilePolicies(rules);
  const { user, system } = process.cpuUsage(start);
  const mb = heapMb() - before;
  for (const request of requests) decide(set, request);
  const rounds = 10;
  const taken = new Float64Array(requests.length * rounds);
  for (let at = 0; at < taken.length; at += 1) {
    const request = requests[at % requests.length];
    if (request === undefined) continue;
    const from = process.hrtime.bigint();
    decide(set, request);
    taken[at] = Number(process.hrtime.bigint() - from) / 1000;
  }
  taken.sort();
  const [p50, p99, p999] = [0.5, 0.99, 0.999].map((part) => quantile(taken, part));
  return {
    rules: rules.length,
    compileMs: (user + system) / 1000,
    mb,
    decisions: taken.length,
    p50: p50 ?? 0,
    p99: p99 ?? 0,
    p999: p999 ?? 0,
  };
}

/** A draft that changes one rule in a hundred, on recorded decisions of the large tenant. */
function measureReplay({ rules, requests }: World): Replayed {
  const chance = chanceFrom(3);
  const current = compilePolicies(rules);
  const draft = compilePolicies(rules.filter(() => chance() > 0.01));
  const recorded = function* (): Generator<{ id: string; request: (typeof requests)[number] }> {
    for (let at = 0; at < RECORDED; at += 1) {
      const request = requests[at % requests.length];
      if (request !== undefined) yield { id: String(at), request };
    }
  };
  const from = performance.now();
  const { total, changed } = replay(current, draft, recorded());
  return { total, changed, seconds: (performance.now() - from) / 1000 };
}

/** Runs all of it in this process, some thirty seconds, and writes the page. */
export async function benchPolicies(say: (sentence: string) => void): Promise<void> {
  const compared: Compared[] = [];
  for (const world of [worstWorld(RULES), candidatesWorld(RULES), spreadWorld(RULES)]) compared.push(await compare(world));
  const world = largeWorld(LARGE);
  const report: PolicyReport = {
    rules: RULES,
    rounds: ROUNDS,
    compared,
    large: measureLarge(world),
    replayed: measureReplay(world),
    machine: machineWords(),
  };
  const page = policyPageOf(report);
  writeFileSync(PAGE, page);
  say(`\n${page}\nWritten to docs/bench-policy.md.`);
}
