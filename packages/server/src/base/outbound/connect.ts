import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { buildConnector } from 'undici';
import { judgeAddress, type AddressRules } from './address.ts';
import { FaultError } from './fault.ts';
import type { Resolve } from './resolve.ts';
import { unless } from './unless.ts';

/** Enough for a host with both families; more would let a long list of dead addresses eat the caller's time. */
const MAX_ATTEMPTS = 4;
const ATTEMPT_MS = 3000;
/** Callers give up by their own clocks, but undici keeps the place of a connection until its connector answers; so it must. */
const CONNECT_MS = 10_000;

/**
 * Opens sockets for undici. The name is resolved once per connection, every answer is judged, and the connection goes to a judged
 * address and not to the name, so that no second answer can be used (DNS rebinding). TLS still asks for and verifies the name.
 */
export function createConnector(
  rules: AddressRules,
  resolve: Resolve,
  stop: AbortSignal,
  own: { readonly cert?: string; readonly key?: string } = {},
): buildConnector.connector {
  // rejectUnauthorized is said aloud so that NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect here. No `ca`: NODE_EXTRA_CA_CERTS keeps working.
  const dial = buildConnector({ ...own, allowH2: false, timeout: ATTEMPT_MS, rejectUnauthorized: true });

  const open = (options: buildConnector.Options, address: string): Promise<Socket> =>
    new Promise((accept, reject) => {
      const servername = isIP(options.hostname) === 0 ? options.hostname : undefined;
      dial({ ...options, hostname: address, ...(options.protocol === 'https:' ? { servername } : {}) }, (error, socket) => {
        if (error === null) accept(socket);
        else reject(error);
      });
    });

  const connect = async (options: buildConnector.Options): Promise<Socket> => {
    const addresses = await judgedAddresses(options, rules, resolve);
    let failure: unknown = new FaultError('dns', `${options.hostname} has no address`);
    for (const address of addresses.slice(0, MAX_ATTEMPTS)) {
      try {
        return await open(options, address);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };

  return (options, callback) => {
    const clock = new AbortController();
    const timer = setTimeout(() => clock.abort(new FaultError('timeout', 'while connecting')), CONNECT_MS);
    const opening = connect(options);
    unless(stop, unless(clock.signal, opening)).then(
      (socket) => {
        clearTimeout(timer);
        callback(null, socket);
      },
      (error: unknown) => {
        clearTimeout(timer);
        // Whatever still comes belongs to nobody.
        opening.then(
          (late) => late.destroy(),
          () => undefined,
        );
        callback(error instanceof Error ? error : new FaultError('connect', 'unknown failure'), null);
      },
    );
  };
}

async function judgedAddresses(options: buildConnector.Options, rules: AddressRules, resolve: Resolve): Promise<readonly string[]> {
  const name = options.hostname;
  const addresses = isIP(name) === 0 ? await resolveOrFail(name, resolve) : [name];
  for (const address of addresses) {
    const judged = judgeAddress(address, rules);
    // One bad answer condemns the name: an attacker who mixes good and bad ones only waits for the order to change.
    if (!judged.allowed) throw new FaultError('blocked_address', `${name} has address ${address}, which is ${judged.range}`);
    if (options.protocol !== 'https:' && !judged.loopback) {
      throw new FaultError('blocked_address', `${name} has address ${address}, and http is for loopback only`);
    }
  }
  return addresses;
}

async function resolveOrFail(name: string, resolve: Resolve): Promise<readonly string[]> {
  try {
    return await resolve(name);
  } catch (error) {
    if (error instanceof FaultError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed';
    throw new FaultError('dns', `${name}: ${code}`);
  }
}
