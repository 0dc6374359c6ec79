import { lookup, Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { createGate } from '../gate.ts';
import { FaultError } from './fault.ts';

/** All addresses of a name, as text. Rejects when there are none. Called once per connection. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/**
 * Hosts file, then DNS over its own sockets, then the system's resolver for names that only it knows (search domains, mDNS).
 * `getaddrinfo` alone would be simpler, but each call holds one of libuv's four threads for as long as a hostile name server
 * likes, and password hashing waits for the same threads; so it comes last and one at a time.
 */
export function createSystemResolve(hostsFile = '/etc/hosts'): Resolve {
  const dns = new Resolver({ timeout: 2000, tries: 2 });
  const system = createGate({ slots: 1, queue: 16 });
  return async (name) => {
    // RFC 6761 §6.3: localhost never leaves the machine, whatever a name server says.
    if (name === 'localhost' || name.endsWith('.localhost')) return ['127.0.0.1', '::1'];
    const written = fromHosts(await readFile(hostsFile, 'utf8').catch(() => ''), name);
    if (written.length > 0) return written;
    const asked = await Promise.allSettled([dns.resolve4(name), dns.resolve6(name)]);
    const found = asked.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    if (found.length > 0) return found;
    if (asked.some((one) => one.status === 'rejected' && slow(one.reason))) throw new FaultError('dns', 'name servers did not answer');
    const last = await system.run(() => lookup(name, { all: true, order: 'ipv4first' }));
    if (!last.ran) throw new FaultError('busy', 'too many names being looked up');
    return last.value.map((one) => one.address);
  };
}

function slow(reason: unknown): boolean {
  return reason instanceof Error && 'code' in reason && (reason.code === 'ETIMEOUT' || reason.code === 'ESERVFAIL');
}

function fromHosts(text: string, name: string): string[] {
  const found: string[] = [];
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (address !== undefined && names.some((one) => one.toLowerCase() === name)) found.push(address);
  }
  return found;
}
