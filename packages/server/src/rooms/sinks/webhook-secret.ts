const PREFIX = 'whsec_';
const BASE64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * How the text of a webhook's secret becomes a key. Standard Webhooks writes `whsec_` and base64; libraries also take the base64 alone. What is
 * neither is the key itself, letter by letter.
 */
export function secretForm(secret: string): { encoding: 'base64' | 'utf8'; text: string } {
  if (secret.startsWith(PREFIX)) return { encoding: 'base64', text: secret.slice(PREFIX.length) };
  return { encoding: BASE64.test(secret) && secret.length >= 32 ? 'base64' : 'utf8', text: secret };
}

/** What is wrong with it: too short to be a key (the standard asks for 24 to 64 bytes), or no base64 behind its prefix. */
export function secretFault(secret: string): string | undefined {
  const { encoding, text } = secretForm(secret);
  if (encoding === 'base64' && !BASE64.test(text)) return 'behind whsec_ stands base64';
  const bytes = encoding === 'base64' ? Math.floor((text.replace(/=+$/, '').length * 3) / 4) : text.length;
  return bytes < 16 ? 'too short for a key: 24 to 64 random bytes, written as whsec_ and base64' : undefined;
}
