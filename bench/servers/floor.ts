// The floor: what a token costs at least on this machine. Bare node:http, the form parsed, one ES256 at+jwt signed, nothing looked up,
// nothing decided, nothing recorded. It signs as the hub does, in DER rewritten to r‖s: on Node 24 the option that asks Node for r‖s costs as much
// as the signature, and a floor that pays it would flatter everybody above it. At /exchange it also verifies a token of its own, likewise in DER.
import { createServer } from 'node:http';
import { generateKeyPairSync, randomUUID, sign, verify } from 'node:crypto';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: 'floor' })).toString('base64url');
const issuer = 'http://127.0.0.1:9100';

function token(form: URLSearchParams): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer,
    sub: 'client-1',
    aud: form.get('resource') ?? 'http://127.0.0.1:9000/mcp',
    client_id: 'client-1',
    scope: form.get('scope') ?? '',
    iat: now,
    exp: now + 600,
    jti: randomUUID(),
    tenant: 'tenant-1',
    agent: 'agt_0123456789abcdefghijklmnop',
    txn: 'txn_0123456789abcdefghijklmnop',
  };
  const signed = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return `${signed}.${raw(sign('sha256', Buffer.from(signed), privateKey)).toString('base64url')}`;
}

function raw(der: Buffer): Buffer {
  const out = Buffer.alloc(64);
  let at = 2;
  for (const end of [32, 64]) {
    const length = der[at + 1] ?? 0;
    const start = at + 2;
    const excess = Math.max(0, length - 32);
    der.copy(out, end - (length - excess), start + excess, start + length);
    at = start + length;
  }
  return out;
}

/** r‖s → DER. */
function der(signature: Buffer): Buffer {
  const numbers = [signature.subarray(0, 32), signature.subarray(32)].map((number) => {
    let at = 0;
    while (at < 31 && number[at] === 0) at += 1;
    const bytes = number.subarray(at);
    return (bytes[0] ?? 0) > 127 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
  });
  const body = Buffer.concat(numbers.flatMap((number) => [Buffer.from([2, number.length]), number]));
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

/** What a token exchange costs at least: one ES256 verification, the claims parsed, and the signature of the new token. */
function exchanged(form: URLSearchParams): string {
  const subject = form.get('subject_token') ?? '';
  const end = subject.lastIndexOf('.');
  const signed = subject.slice(0, end);
  const claims = JSON.parse(Buffer.from(signed.slice(signed.indexOf('.') + 1), 'base64url').toString());
  if (!verify('sha256', Buffer.from(signed), publicKey, der(Buffer.from(subject.slice(end + 1), 'base64url'))) || claims.iss !== issuer)
    return '';
  return token(form);
}

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    const body = JSON.stringify({
      access_token: request.url === '/exchange' ? exchanged(form) : token(form),
      token_type: 'Bearer',
      expires_in: 600,
      scope: '',
    });
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
}).listen(Number(process.argv[2] ?? 9100), '127.0.0.1', () => console.log('ready'));
