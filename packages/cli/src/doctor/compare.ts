/** Why two addresses that a person would call the same are not the same string; undefined when they are. Clients compare bytes. */
export function difference(expected: string, found: string): string | undefined {
  if (expected === found) return undefined;
  const [a, b] = [URL.parse(expected), URL.parse(found)];
  if (a === null || b === null) return 'one of them is no URL';
  if (`${expected}/` === found || expected === `${found}/`) return 'they differ by the slash at the end';
  if (a.protocol !== b.protocol) return `one is ${a.protocol.slice(0, -1)}, the other ${b.protocol.slice(0, -1)} (a proxy that ends TLS?)`;
  if (isLoopback(a.hostname) && isLoopback(b.hostname) && a.hostname !== b.hostname)
    return `${a.hostname} and ${b.hostname} are two names to a client`;
  if (a.hostname !== b.hostname) return 'they are two hosts';
  if (a.port !== b.port) return `they name two ports (${a.port || 'the default'} and ${b.port || 'the default'})`;
  if (a.pathname !== b.pathname) return 'they differ in the path';
  return 'they differ in spelling';
}

function isLoopback(host: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(host);
}
