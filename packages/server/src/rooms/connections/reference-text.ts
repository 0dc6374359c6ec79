import type { ConnectionType } from './kinds.ts';
import type { Secret } from './credential.ts';

/**
 * A text from outside as a secret of the connection's kind: an API key or an access token as it stands; `name:password` (RFC 7617 §2: no colon in
 * the name); a certificate and its key in PEM, in either order. Undefined when it is none, or could break out of the header it would go into.
 */
export function secretOfText(type: ConnectionType, text: string): Exclude<Secret, { kind: 'reference' }> | undefined {
  switch (type) {
    case 'oauth':
    case 'mcp':
      return isOneLine(text) ? { kind: 'oauth', accessToken: text } : undefined;
    case 'api_key':
    case 'reference':
      return isOneLine(text) ? { kind: 'api_key', value: text } : undefined;
    case 'basic': {
      const colon = text.indexOf(':');
      return colon > 0 && isOneLine(text) ? { kind: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1) } : undefined;
    }
    case 'certificate':
      return pemOf(text);
  }
}

function isOneLine(text: string): boolean {
  return /^[^\p{Cc}]+$/u.test(text);
}

function pemOf(text: string): (Secret & { kind: 'certificate' }) | undefined {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z ]+)-----[A-Za-z0-9+/=\s]+-----END \1-----/g)];
  const certificates = blocks.filter(([, name]) => name === 'CERTIFICATE').map(([block]) => block);
  const [key, ...more] = blocks.filter(([, name]) => name?.endsWith('PRIVATE KEY') === true).map(([block]) => block);
  if (certificates.length === 0 || key === undefined || more.length > 0) return undefined;
  return { kind: 'certificate', certificate: certificates.join('\n'), privateKey: key };
}
