import { createGate, type Gate, type Gated } from '../gate.ts';

export interface HostGates {
  run<T>(host: string, work: () => Promise<T>, signal: AbortSignal): Promise<Gated<T>>;
}

const ALL_HOSTS = { slots: 256, queue: 256 };

/**
 * One gate per host inside one gate for all: a slow host holds up its own callers and nobody else's. A gate goes when it is idle,
 * so that host names made up by a caller leave nothing behind.
 */
export function createHostGates(limits: { slots: number; queue: number }): HostGates {
  const all = createGate(ALL_HOSTS);
  const hosts = new Map<string, Gate>();
  return {
    run: async (host, work, signal) => {
      const gate = hosts.get(host) ?? createGate(limits);
      hosts.set(host, gate);
      try {
        const own = await gate.run(() => all.run(work, signal), signal);
        return own.ran ? own.value : own;
      } finally {
        if (gate.idle()) hosts.delete(host);
      }
    },
  };
}
