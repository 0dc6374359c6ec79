import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
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

/** What is stored does not open: it was changed, or belongs to another row. */
export class SealBroken extends Error {
  override name = 'SealBroken';
}

const VERSION = 1;
const SEALED_WITH = 2;

const imported = new WeakMap<Buffer, KeyObject>();

/** A key as OpenSSL takes it, made once: given bytes, Node looks for longer at what they are than it takes to open a secret. */
function keyOf(bytes: Buffer): KeyObject {
  const known = imported.get(bytes);
  if (known !== undefined) return known;
  const made = createSecretKey(bytes);
  imported.set(bytes, made);
  return made;
}

/** AES-256-GCM under a key that whoever keeps the value names beside it. Layout: version 2 | iv (12) | tag (16) | ciphertext. */
export function sealWith(key: Buffer, plain: string | Buffer, context: string): Buffer {
  const iv = randomFill(12);
  const cipher = createCipheriv('aes-256-gcm', keyOf(key), iv);
  cipher.setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.from([SEALED_WITH]), iv, cipher.getAuthTag(), body]);
}

/** Throws {@link SealBroken}: wrong key, wrong context or changed bytes, which cannot be told apart. */
export function openWith(key: Buffer, sealed: Buffer, context: string): Buffer {
  // Node would take a tag of four bytes too.
  if (sealed[0] !== SEALED_WITH || sealed.length < 29) throw new SealBroken('not a sealed value');
  const decipher = createDecipheriv('aes-256-gcm', keyOf(key), sealed.subarray(1, 13), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(13, 29));
  const body = decipher.update(sealed.subarray(29));
  try {
    return Buffer.concat([body, decipher.final()]);
  } catch {
    throw new SealBroken('a sealed value does not open');
  }
}

export function createSecretBox(kek: Buffer): SecretBox {
  if (kek.length !== 32) throw new Error('a KEK is exactly 32 bytes');
  const derive = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', kek, Buffer.alloc(0), `writ/${purpose}`, 32));
  const dataKey = derive('secretbox/1');
  const keyId = derive('secretbox/1/id').subarray(0, 8);
  return {
    derive,
    seal(plain, context) {
      const iv = randomFill(12);
      const cipher = createCipheriv('aes-256-gcm', keyOf(dataKey), iv);
      cipher.setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([Buffer.from([VERSION]), keyId, iv, cipher.getAuthTag(), body]);
    },
    open(sealed, context) {
      if (sealed[0] !== VERSION || !sealed.subarray(1, 9).equals(keyId)) throw new OtherKek();
      const decipher = createDecipheriv('aes-256-gcm', keyOf(dataKey), sealed.subarray(9, 21));
      decipher.setAAD(Buffer.from(context));
      decipher.setAuthTag(sealed.subarray(21, 37));
      return Buffer.concat([decipher.update(sealed.subarray(37)), decipher.final()]);
    },
  };
}
