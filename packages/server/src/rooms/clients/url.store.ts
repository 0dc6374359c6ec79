import { parseTarget } from '../../base/outbound/target.ts';

/**
 * Judges a URL that a client names (keys, logo) by what base/outbound would say to it, without asking the network: a registration must not
 * be a way to make the hub resolve names. What a name resolves to is judged again when something is really fetched.
 */
export function createUrlFault(allowLoopback: boolean): (url: string) => string | undefined {
  return (url) => {
    const target = parseTarget(url, { allowLoopback, allowPrivate: [], allowPorts: [] });
    if (!target.ok) return 'a public https URL is needed';
    return !allowLoopback && target.target.host === 'localhost' ? 'a public host name is needed' : undefined;
  };
}
