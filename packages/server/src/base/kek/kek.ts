/** A key-encryption key: wraps the keys that seal what is stored, and nothing else. It may live in another house (KMS, Vault). */
export type Kek = {
  /** Names it on every row that it wrapped. No secret. */
  id: string;
  /** Bound to `context`. Throws {@link KekUnavailable} when whoever holds it does not answer. */
  wrap(plain: Buffer, context: string): Promise<Buffer>;
  /** Undefined: this KEK does not open it. Throws {@link KekUnavailable}. */
  unwrap(wrapped: Buffer, context: string): Promise<Buffer | undefined>;
};

/** `current` wraps; `also` may open, and are named only while one KEK takes the place of another. */
export type Keks = { current: Kek; also: readonly Kek[] };

/** The service that holds the KEK cannot be asked now. The message is for the operator and holds no secret. */
export class KekUnavailable extends Error {
  override name = 'KekUnavailable';
}

/** By whichever KEK opens it, the one that is named on the row first: a service that moved to another address is still the same key. */
export async function unwrapBy(keks: Keks, of: { kek: string; wrapped: Buffer; context: string }): Promise<Buffer | undefined> {
  const all = [keks.current, ...keks.also];
  let unavailable: KekUnavailable | undefined;
  for (const kek of [...all.filter(({ id }) => id === of.kek), ...all.filter(({ id }) => id !== of.kek)]) {
    try {
      const plain = await kek.unwrap(of.wrapped, of.context);
      if (plain !== undefined) return plain;
    } catch (error) {
      if (!(error instanceof KekUnavailable)) throw error;
      unavailable ??= error;
    }
  }
  if (unavailable !== undefined) throw unavailable;
  return undefined;
}
