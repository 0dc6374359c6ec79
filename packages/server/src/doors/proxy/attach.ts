import { placeOf } from '../../rooms/connections/connection.ts';
import type { HandedOut } from '../../rooms/connections/hand-out.store.ts';

/** How a credential goes along with a call. */
export type Attached = {
  headers: Record<string, string>;
  /** Names that a caller may not set. */
  names: readonly string[];
  query?: { name: string; value: string };
  tls?: { cert: string; key: string };
  /** What must not come back. */
  secrets: readonly string[];
};

export function attach({ secret, connection }: Pick<HandedOut, 'secret' | 'connection'>): Attached {
  const { query } = connection;
  const { header, prefix } = placeOf(connection);
  const place = header.toLowerCase();
  switch (secret.kind) {
    case 'oauth':
      return inHeader(place, `${prefix}${secret.accessToken}`, [secret.accessToken]);
    case 'api_key':
      if (query !== undefined) return { headers: {}, names: [], query: { name: query, value: secret.value }, secrets: [secret.value] };
      return inHeader(place, `${prefix}${secret.value}`, [secret.value]);
    case 'basic': {
      const { username, password } = secret;
      const encoded = Buffer.from(`${username}:${password}`).toString('base64');
      return inHeader('authorization', `Basic ${encoded}`, [encoded, password]);
    }
    case 'certificate':
      return { headers: {}, names: [], tls: { cert: secret.certificate, key: secret.privateKey }, secrets: [] };
  }
}

function inHeader(name: string, value: string, secrets: readonly string[]): Attached {
  return { headers: { [name]: value }, names: [name], secrets };
}

/** The address with the key in its query; what the caller put under that name, however spelled, is left out. */
export function withQuery(url: string, { query }: Attached): string {
  if (query === undefined) return url;
  const [path = '', given = ''] = url.split(/\?(.*)/s);
  const rest = given.split('&').filter((pair) => pair !== '' && nameOf(pair) !== query.name.toLowerCase());
  return `${path}?${[...rest, `${encodeURIComponent(query.name)}=${encodeURIComponent(query.value)}`].join('&')}`;
}

function nameOf(pair: string): string {
  const name = pair.split('=')[0] ?? '';
  try {
    return decodeURIComponent(name.replaceAll('+', ' ')).toLowerCase();
  } catch {
    return name.toLowerCase();
  }
}
