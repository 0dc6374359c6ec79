import { base64url } from './base64url.ts';

const NONCE_MS = 60_000;

export type Nonces = {
  /** Good for two to three minutes at every process that has the secret. */
  current(now: number): Promise<string>;
  accepts(nonce: unknown, now: number): Promise<boolean>;
};

/** Nonces that need no memory (RFC 9449 §9): a keyed digest of the minute. Who has the secret cannot be guessed at from what it made. */
export function createNonces(secret: string): Nonces {
  const encoder = new TextEncoder();
  const key = crypto.subtle.importKey('raw', encoder.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const at = async (minute: number): Promise<string> =>
    base64url(await crypto.subtle.sign('HMAC', await key, encoder.encode(`dpop-nonce/${minute}`))).slice(0, 32);
  return {
    current: (now) => at(Math.floor(now / NONCE_MS)),
    async accepts(nonce, now) {
      const minute = Math.floor(now / NONCE_MS);
      // One ahead, because the clocks of two processes differ.
      const good = await Promise.all([minute, minute - 1, minute - 2, minute + 1].map(at));
      return typeof nonce === 'string' && good.includes(nonce);
    },
  };
}
