import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A security key in software: makes passkeys and uses them as WebAuthn §6 and §7 say, or not quite, where `lie` says so. */
export type Lie = { origin?: string; challenge?: string; type?: string; counter?: number; verified?: boolean; id?: string };

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const KEY_INSIDE = 0x40;

export function createAuthenticator(rpId: string, origin: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = randomBytes(32);
  let counter = 0;
  const rpHash = createHash('sha256').update(rpId).digest();
  const clientData = (type: string, challenge: string, lie: Lie): Buffer =>
    Buffer.from(
      JSON.stringify({ type: lie.type ?? type, challenge: lie.challenge ?? challenge, origin: lie.origin ?? origin, crossOrigin: false }),
    );
  const header = (flags: number, lie: Lie): Buffer => {
    counter += 1;
    const count = Buffer.alloc(4);
    count.writeUInt32BE(lie.counter ?? counter);
    return Buffer.concat([rpHash, Buffer.from([flags | (lie.verified === false ? 0 : USER_VERIFIED)]), count]);
  };
  const text = (bytes: Buffer): string => bytes.toString('base64url');
  const wrapped = (response: object, lie: Lie): string =>
    JSON.stringify({ id: lie.id ?? text(id), rawId: lie.id ?? text(id), type: 'public-key', response });

  return {
    id: text(id),
    make({ challenge }: { challenge: string }, lie: Lie = {}): string {
      const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
      const length = Buffer.from([0, id.length]);
      const inside = Buffer.concat([Buffer.alloc(16), length, id, coseKey(Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url'))]);
      const authData = Buffer.concat([header(USER_PRESENT | KEY_INSIDE, lie), inside]);
      return wrapped(
        {
          clientDataJSON: text(clientData('webauthn.create', challenge, lie)),
          attestationObject: text(attestation(authData)),
          transports: ['usb'],
        },
        lie,
      );
    },
    use({ challenge }: { challenge: string }, lie: Lie = {}): string {
      const authenticatorData = header(USER_PRESENT, lie);
      const clientDataJSON = clientData('webauthn.get', challenge, lie);
      const signed = Buffer.concat([authenticatorData, createHash('sha256').update(clientDataJSON).digest()]);
      const signature = sign('sha256', signed, privateKey);
      return wrapped(
        { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature), userHandle: null },
        lie,
      );
    },
  };
}

/** {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}, RFC 9052 §7. */
function coseKey(x: Buffer, y: Buffer): Buffer {
  return Buffer.concat([Buffer.from('a5010203262001215820', 'hex'), x, Buffer.from('225820', 'hex'), y]);
}

/** {fmt: 'none', attStmt: {}, authData}. */
function attestation(authData: Buffer): Buffer {
  const name = (word: string): Buffer => Buffer.concat([Buffer.from([0x60 | word.length]), Buffer.from(word)]);
  const size = Buffer.from([0x59, authData.length >> 8, authData.length & 0xff]);
  return Buffer.concat([
    Buffer.from([0xa3]),
    name('fmt'),
    name('none'),
    name('attStmt'),
    Buffer.from([0xa0]),
    name('authData'),
    size,
    authData,
  ]);
}
