// What the numbers were taken on, and what a process costs it.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import process from 'node:process';

/** One core for what is measured, one for what asks. Undefined: the machine cannot (no taskset, one core), and nothing is pinned. */
export type Cores = { server: number; load: number } | undefined;

export function coresOf(): Cores {
  return availableParallelism() > 1 && canRun('taskset', ['--version']) ? { server: 0, load: 1 } : undefined;
}

export function canRun(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return true;
  } catch (error) {
    // Some programs (wrk) print their version and leave with an error: they are there all the same.
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
  }
}

/** A command line that runs on one core, where that can be had. */
export function pinned(core: number | undefined, program: string, args: readonly string[]): { program: string; args: readonly string[] } {
  return core === undefined ? { program, args } : { program: 'taskset', args: ['-c', String(core), program, ...args] };
}

/** CPU time that these processes and their threads have taken so far, user and system. Microseconds. Zero where /proc is not Linux's. */
export function cpuMicros(pids: readonly number[]): number {
  const tick = 1e6 / ticksPerSecond();
  return pids.reduce((sum, pid) => sum + ticksOf(pid) * tick, 0);
}

/** The same for a process, its descendants, and those of its children that have ended. */
export function treeMicros(root: number): number {
  return cpuMicros(treeOf(root)) + childMicros(root);
}

/** Confines a process and its descendants to a core; what they start later stays there too. */
export function moveTree(root: number, core: number): void {
  for (const pid of treeOf(root)) execFileSync('taskset', ['-a', '-c', '-p', String(core), String(pid)], { stdio: 'ignore' });
}

/** A process and all that descend from it. */
function treeOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statOf(Number(name))[1] ?? 0);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

/** Resident memory, MB (10⁶). */
export function residentMb(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kib ?? 0) * 1024) / 1e6;
}

/** CPU time of the whole machine that nobody idled away, microseconds: what is beyond our processes was somebody else's. */
export function busyMicros(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] =
    readFileSync('/proc/stat', 'utf8').split('\n')[0]?.split(/\s+/).map(Number) ?? [];
  return ((user + nice + system + irq + softirq) * 1e6) / ticksPerSecond();
}

export function machineWords(): string {
  const [cpu] = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} cores of ${cpu?.model.trim() ?? 'an unknown CPU'}, ${gib} GiB, Linux ${release()}, Node ${process.versions.node}`;
}

/** CPU time of the load generators that have ended, microseconds. */
export function loadMicros(): number {
  return childMicros(process.pid);
}

function childMicros(pid: number): number {
  const fields = statOf(pid);
  return ((Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) * 1e6) / ticksPerSecond();
}

let ticks: number | undefined;

function ticksPerSecond(): number {
  ticks ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return ticks;
}

function ticksOf(pid: number): number {
  const fields = statOf(pid);
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

/** /proc/<pid>/stat after the name (which may hold anything): state, parent, …; times stand at 11 and 12. */
function statOf(pid: number): string[] {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return [];
  try {
    const text = readFileSync(path, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    // It ended between the two looks.
    return [];
  }
}
