import type { AwsClient } from '../aws/client.ts';
import { KekUnavailable, type Kek } from './kek.ts';

/** What AWS says of a ciphertext that this key did not make, or whose context is another. */
const NOT_OURS = new Set(['InvalidCiphertextException', 'IncorrectKeyException', 'ValidationException']);

/** A key of AWS KMS by id, ARN or alias: it never leaves there. The context is bound as encryption context, which CloudTrail shows. */
export function kmsKek(client: AwsClient, of: { region: string; keyId: string }): Kek {
  const { region, keyId } = of;
  const call = (action: string, body: object) =>
    client({ service: 'kms', region, target: `TrentService.${action}`, body: { KeyId: keyId, ...body } });
  const failed = ({ type, detail }: { type: string; detail: string }): KekUnavailable =>
    new KekUnavailable(`the key ${keyId} of AWS KMS in ${region} cannot be used: ${type} (${detail})`);
  return {
    id: `aws-kms:${region}/${keyId}`,
    async wrap(plain, context) {
      const answer = await call('Encrypt', { Plaintext: plain.toString('base64'), EncryptionContext: { writ: context } });
      if (!answer.ok) throw failed(answer.error);
      const { CiphertextBlob: blob } = answer.value;
      if (typeof blob !== 'string') throw failed({ type: 'error', detail: 'no ciphertext' });
      return Buffer.from(blob, 'base64');
    },
    async unwrap(wrapped, context) {
      const answer = await call('Decrypt', { CiphertextBlob: wrapped.toString('base64'), EncryptionContext: { writ: context } });
      if (!answer.ok) {
        if (NOT_OURS.has(answer.error.type)) return undefined;
        throw failed(answer.error);
      }
      const { Plaintext: plain } = answer.value;
      return typeof plain === 'string' ? Buffer.from(plain, 'base64') : undefined;
    },
  };
}
