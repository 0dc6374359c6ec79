import { hkdfSync } from 'node:crypto';
import { openWith, SealBroken, sealWith } from '../secretbox.ts';
import type { Kek } from './kek.ts';

/** A KEK of 32 bytes held in memory; what wraps is derived from it, so that no ciphertext is made by the key itself. */
export function localKek(key: Buffer): Kek {
  if (key.length !== 32) throw new Error('a KEK is exactly 32 bytes');
  const derive = (purpose: string): Buffer => Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `writ/kek/${purpose}`, 32));
  const wrapping = derive('wrap');
  return {
    id: `local:${derive('id').subarray(0, 8).toString('hex')}`,
    wrap: async (plain, context) => sealWith(wrapping, plain, context),
    async unwrap(wrapped, context) {
      try {
        return openWith(wrapping, wrapped, context);
      } catch (error) {
        if (error instanceof SealBroken) return undefined;
        throw error;
      }
    },
  };
}
