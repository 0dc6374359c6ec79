import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { judgeAddress, parseNetworks, type AddressRules } from './address.ts';
import { FaultError, toFault, type Fault } from './fault.ts';
import { createSystemResolve, type Resolve } from './resolve.ts';
import { unless } from './unless.ts';

export type DialOptions = { allowLoopback: boolean; allowPrivate?: readonly string[]; resolve?: Resolve };

export type DialTarget = {
  host: string;
  port: number;
  /** TLS, verified against the name; `ca` (PEM) instead of the system's authorities. Absent: plain TCP. */
  tls?: { ca?: string | undefined } | undefined;
  /** Bound on lookup, connecting and handshake. */
  timeoutMs: number;
};

export type Dial = (to: DialTarget) => Promise<{ ok: true; socket: Socket } | Fault>;

/**
 * A connection for protocols that are not HTTP, under the rules of every other way out (connect.ts): the name is resolved once, every answer is
 * judged, and the connection goes to a judged address. Plain TCP only to loopback and to networks that the operator named: what goes over
 * the internet is encrypted.
 */
export function createDial(options: DialOptions): Dial {
  const rules: AddressRules = { allowLoopback: options.allowLoopback, allowPrivate: parseNetworks(options.allowPrivate ?? []) };
  const resolve = options.resolve ?? createSystemResolve();
  return async (to) => {
    const clock = new AbortController();
    const timer = setTimeout(() => clock.abort(new FaultError('timeout', 'while connecting')), to.timeoutMs);
    try {
      return { ok: true, socket: await unless(clock.signal, dial(to, { rules, resolve, signal: clock.signal })) };
    } catch (error) {
      return toFault(error);
    } finally {
      clearTimeout(timer);
    }
  };
}

type Way = { rules: AddressRules; resolve: Resolve; signal: AbortSignal };

async function dial(to: DialTarget, way: Way): Promise<Socket> {
  const addresses = isIP(to.host) === 0 ? await lookUp(to.host, way.resolve) : [to.host];
  // One bad answer condemns the name, before anything is connected to.
  for (const address of addresses) judge(to, address, way.rules);
  let failure: unknown = new FaultError('dns', `${to.host} has no address`);
  for (const address of addresses.slice(0, 4)) {
    try {
      return await open(to, address, way.signal);
    } catch (error) {
      failure = error;
      if (way.signal.aborted) break;
    }
  }
  throw failure;
}

async function lookUp(name: string, resolve: Resolve): Promise<readonly string[]> {
  try {
    return await resolve(name);
  } catch (error) {
    if (error instanceof FaultError) throw error;
    throw new FaultError('dns', `${name} was not found`);
  }
}

function judge(to: DialTarget, address: string, rules: AddressRules): void {
  const judged = judgeAddress(address, rules);
  if (!judged.allowed) throw new FaultError('blocked_address', `${to.host} has address ${address}, which is ${judged.range}`);
  const isPublic = judgeAddress(address, { allowLoopback: false, allowPrivate: [] }).allowed;
  if (to.tls === undefined && isPublic) throw new FaultError('blocked_address', 'without TLS only to loopback and named networks');
}

function open(to: DialTarget, address: string, signal: AbortSignal): Promise<Socket> {
  return new Promise((accept, reject) => {
    const at = { host: address, port: to.port };
    // `rejectUnauthorized` is said aloud so that NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect here.
    const socket =
      to.tls === undefined
        ? connectTcp(at)
        : connectTls({
            ...at,
            ...(isIP(to.host) === 0 ? { servername: to.host } : {}),
            ...(to.tls.ca === undefined ? {} : { ca: to.tls.ca }),
            rejectUnauthorized: true,
            minVersion: 'TLSv1.2',
          });
    const abandon = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abandon, { once: true });
    socket.once(to.tls === undefined ? 'connect' : 'secureConnect', () => {
      signal.removeEventListener('abort', abandon);
      accept(socket);
    });
    // An error event that nobody hears would end the process; whoever uses the socket sees it close.
    socket.on('error', reject);
    socket.once('close', () => reject(new FaultError('connect', 'closed')));
  });
}
