import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Stand-ins for HashiCorp Vault / OpenBao (transit, KV) and AWS (KMS, Secrets Manager), which cannot be installed where these tests run. They speak
 * the wire as its documentation says, over real HTTP, and hold real keys: the code that talks to them is the code that talks to the real ones.
 */
export type Outside = {
  url: string;
  /** What came in, headers and all. */
  asked: { path: string; headers: IncomingMessage['headers']; body: Record<string, unknown> }[];
  /** Answers every request with this status until it is undefined again. */
  broken: number | undefined;
  /** The transit key gets a next version; those before open still. */
  rotate(): void;
  /** KV and Secrets Manager, by path or name. */
  secrets: Map<string, Record<string, string>>;
  close(): Promise<void>;
};

export const VAULT_TOKEN = 'canary-vault-token';

export async function outsideWorld(): Promise<Outside> {
  const transit = [randomBytes(32)];
  const kms = randomBytes(32);
  const secrets: Outside['secrets'] = new Map();
  const world: Omit<Outside, 'url' | 'close'> = { asked: [], broken: undefined, rotate: () => void transit.push(randomBytes(32)), secrets };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const asked = { path: request.url ?? '', headers: request.headers, body: text === '' ? {} : bodyOf(text) };
      world.asked.push(asked);
      const answer =
        world.broken === undefined ? answerTo(asked, { transit, kms, secrets }) : { status: world.broken, body: { errors: ['broken'] } };
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(world, { url: urlOf(server), close: () => new Promise<void>((resolve) => server.close(() => resolve())) });
}

function urlOf(server: Server): string {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

function bodyOf(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

type Keys = { transit: readonly Buffer[]; kms: Buffer; secrets: Outside['secrets'] };
type Answered = { status: number; body: object };

function answerTo({ path, headers, body }: Outside['asked'][number], keys: Keys): Answered {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return aws(target, headers, body, keys);
  if (headers['x-vault-token'] !== VAULT_TOKEN) return { status: 403, body: { errors: ['permission denied'] } };
  if (path === '/v1/transit/encrypt/writ') return encrypt(body, keys.transit);
  if (path === '/v1/transit/decrypt/writ') return decrypt(body, keys.transit);
  const found = keys.secrets.get(path.replace('/v1/', ''));
  if (found === undefined) return { status: 404, body: { errors: [] } };
  return { status: 200, body: { data: path.includes('/data/') ? { data: found, metadata: { version: 1 } } : found } };
}

function encrypt(body: Record<string, unknown>, versions: readonly Buffer[]): Answered {
  const sealed = seal(versions.at(-1), String(body['plaintext']), String(body['associated_data']));
  return { status: 200, body: { data: { ciphertext: `vault:v${versions.length}:${sealed}`, key_version: versions.length } } };
}

function decrypt(body: Record<string, unknown>, versions: readonly Buffer[]): Answered {
  const [, version = '', sealed = ''] = /^vault:v(\d+):(.*)$/.exec(String(body['ciphertext'])) ?? [];
  const plaintext = open(versions[Number(version) - 1], sealed, String(body['associated_data']));
  return plaintext === undefined
    ? { status: 400, body: { errors: ['cipher: message authentication failed'] } }
    : { status: 200, body: { data: { plaintext } } };
}

function aws(target: string, headers: IncomingMessage['headers'], body: Record<string, unknown>, { kms, secrets }: Keys): Answered {
  const signed =
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/(kms|secretsmanager)\/aws4_request, SignedHeaders=[a-z;-]+, Signature=[0-9a-f]{64}$/;
  if (!signed.test(headers.authorization ?? '')) return { status: 400, body: { __type: 'IncompleteSignatureException' } };
  const context = JSON.stringify(body['EncryptionContext']);
  if (target === 'TrentService.Encrypt')
    return { status: 200, body: { CiphertextBlob: seal(kms, String(body['Plaintext']), context), KeyId: body['KeyId'] } };
  if (target === 'TrentService.Decrypt') {
    const plain = open(kms, String(body['CiphertextBlob']), context);
    return plain === undefined
      ? { status: 400, body: { __type: 'com.amazonaws.kms#InvalidCiphertextException' } }
      : { status: 200, body: { Plaintext: plain, KeyId: body['KeyId'] } };
  }
  const found = secrets.get(String(body['SecretId']));
  if (found === undefined) return { status: 400, body: { __type: 'ResourceNotFoundException' } };
  return { status: 200, body: { Name: body['SecretId'], SecretString: JSON.stringify(found) } };
}

function seal(key: Buffer | undefined, plain: string, context: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key ?? randomBytes(32), iv);
  cipher.setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plain, 'base64'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64');
}

function open(key: Buffer | undefined, sealed: string, context: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64');
  if (key === undefined || bytes.length < 28) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(12, 28));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('base64');
  } catch {
    return undefined;
  }
}
