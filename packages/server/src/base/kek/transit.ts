import type { HashicorpClient } from '../hashicorp/client.ts';
import { KekUnavailable, type Kek } from './kek.ts';

/** A key of the transit engine of HashiCorp Vault or OpenBao: it never leaves there. The context is bound as associated data of AES-GCM. */
export function transitKek(client: HashicorpClient, of: { address: string; mount: string; key: string }): Kek {
  const { address, mount, key } = of;
  const failed = (detail: string): KekUnavailable => new KekUnavailable(`the key ${key} of ${address} cannot be used: ${detail}`);
  return {
    id: `transit:${address}/${mount}/${key}`,
    async wrap(plain, context) {
      const { status, data, detail } = await client('POST', `${mount}/encrypt/${key}`, {
        plaintext: plain.toString('base64'),
        associated_data: Buffer.from(context).toString('base64'),
      });
      const { ciphertext } = data;
      if (status !== 200 || typeof ciphertext !== 'string') throw failed(detail);
      return Buffer.from(ciphertext, 'utf8');
    },
    async unwrap(wrapped, context) {
      const ciphertext = wrapped.toString('utf8');
      // What another KEK wrapped is nothing to ask about.
      if (!/^vault:v\d+:[A-Za-z0-9+/=]+$/.test(ciphertext)) return undefined;
      const { status, data, detail } = await client('POST', `${mount}/decrypt/${key}`, {
        ciphertext,
        associated_data: Buffer.from(context).toString('base64'),
      });
      const { plaintext } = data;
      if (status === 200 && typeof plaintext === 'string') return Buffer.from(plaintext, 'base64');
      if (status === 400) return undefined;
      throw failed(detail);
    },
  };
}
