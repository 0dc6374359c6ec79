import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { randomFill } from './ids.ts';

/**
 * Seals secrets at rest: AES-256-GCM under a data key that is itself wrapped by the KEK, bound to `context` (what the secret is and whose),
 * so that a sealed value moved to another row does not open. Layout: version 1 | key id (8) | iv (12) | tag (16) | ciphertext.
 */
export type SecretBox = {
  seal(plain: string | Buffer, context: string): Buffer;
  open(sealed: Buffer, context: string): Buffer;
  /** A 32-byte key derived for one purpose; the KEK itself is never used directly. */
  derive(purpose: string): Buffer;
};

/** What was to be opened was sealed under another KEK than ours. */
export class OtherKek extends Error {
  override name = 'OtherKek';

  constructor() {
    super('sealed under another KEK');
  }
}

const VERSION = 1;

export function createSecretBox(kek: Buffer): SecretBox {
  if (kek.length !== 32) throw new Error('a KEK is exactly 32 bytes');
  const derive = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', kek, Buffer.alloc(0), `writ/${purpose}`, 32));
  const dataKey = derive('secretbox/1');
  const keyId = derive('secretbox/1/id').subarray(0, 8);
  return {
    derive,
    seal(plain, context) {
      const iv = randomFill(12);
      const cipher = createCipheriv('aes-256-gcm', dataKey, iv);
      cipher.setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([Buffer.from([VERSION]), keyId, iv, cipher.getAuthTag(), body]);
    },
    open(sealed, context) {
      if (sealed[0] !== VERSION || !sealed.subarray(1, 9).equals(keyId)) throw new OtherKek();
      const decipher = createDecipheriv('aes-256-gcm', dataKey, sealed.subarray(9, 21));
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(sealed.subarray(21, 37));
      return Buffer.concat([decipher.update(sealed.subarray(37)), decipher.final()]);
    },
  };
}
