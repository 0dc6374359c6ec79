/** Words that are not written as others are. */
const OTHERS: Readonly<Record<string, string>> = {
  ttl: 'lifetime',
  uri: 'URI',
  uris: 'URIs',
  url: 'URL',
  jwks: 'JWKS',
  acr: 'ACR',
  amr: 'AMR',
  dpop: 'DPoP',
  dcr: 'DCR',
  cimd: 'CIMD',
  par: 'PAR',
  ip: 'IP',
  ca: 'CA',
};

/** `accessTokenTtl` as people read it. */
export function titleOf(name: string): string {
  const words = name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(' ')
    .map((word) => OTHERS[word] ?? word)
    .join(' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
