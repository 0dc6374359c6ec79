import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

/**
 * A certificate authority for tests, made anew in each run: no private key lies in the repository and no openssl is needed.
 * Just enough DER (X.690) and X.509 (RFC 5280) for node:tls to verify a chain of two.
 */
export function createAuthority(): { pem: string; issue(names: readonly string[]): { key: string; cert: string } } {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const build = (subject: string, publicKey: KeyObject, extensions: Buffer[]) => {
    const body = seq(
      tlv(0xa0, integer(Buffer.from([2]))),
      integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
      ECDSA_SHA256,
      name('Test authority'),
      seq(tlv(0x17, Buffer.from('200101000000Z')), tlv(0x17, Buffer.from('491231235959Z'))),
      name(subject),
      publicKey.export({ type: 'spki', format: 'der' }),
      tlv(0xa3, seq(...extensions)),
    );
    return pem(seq(body, ECDSA_SHA256, bits(sign('sha256', body, own.privateKey))));
  };
  return {
    pem: build('Test authority', own.publicKey, [extension('551d13', seq(tlv(0x01, Buffer.from([0xff]))))]),
    issue: (names) => {
      const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const cert = build('Test server', leaf.publicKey, [extension('551d11', seq(...names.map(alternative)))]);
      return { key: leaf.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
    },
  };
}

function tlv(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const seq = (...contents: Buffer[]): Buffer => tlv(0x30, ...contents);
const integer = (value: Buffer): Buffer => tlv(0x02, value);
const bits = (value: Buffer): Buffer => tlv(0x03, Buffer.from([0]), value);
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, 'hex'));
const name = (text: string): Buffer => seq(tlv(0x31, seq(oid('550403'), tlv(0x0c, Buffer.from(text)))));
const extension = (id: string, value: Buffer): Buffer => seq(oid(id), tlv(0x04, value));
const pem = (der: Buffer): string => `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
const ECDSA_SHA256 = seq(oid('2a8648ce3d040302'));

function alternative(host: string): Buffer {
  return isIP(host) === 4 ? tlv(0x87, Buffer.from(host.split('.').map(Number))) : tlv(0x82, Buffer.from(host));
}
