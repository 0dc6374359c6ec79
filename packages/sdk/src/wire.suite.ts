// The wire fixture: a small real issuer over HTTP on loopback (metadata, keys, signed tokens, signal stream, acknowledgements).
// It stands in for the hub, so that these packages are tested without it; e2e runs the same resource servers against the hub.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import type { JWK } from 'jose';

export type WireSignal = { kind: string; subject: string; state: string; at?: string | number; reason?: string };
export type Mint = { header?: Record<string, unknown>; claims?: Record<string, unknown>; kid?: string };

type SigningKey = { readonly privateKey: CryptoKey; readonly publicJwk: JWK; readonly alg: string; readonly kid: string };

export async function makeKey(alg: 'ES256' | 'EdDSA' | 'RS256', kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }, alg, kid };
}

export const seconds = (): number => Math.floor(Date.now() / 1000);

type Request = { readonly path: string; readonly headers: IncomingMessage['headers'] };
type Mood = 'plain' | 'terse' | 'deaf';

/** The signal side of the fixture: a backlog, open streams, acknowledgements. */
function createSignalSide() {
  const backlog: string[] = [];
  const acks: number[] = [];
  const streams = new Set<ServerResponse>();
  let mood: Mood = 'plain';
  return {
    acks,
    stream: (req: IncomingMessage, res: ServerResponse): void => {
      if (mood === 'deaf') return;
      res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      for (const event of backlog.slice(Number(req.headers['last-event-id'] ?? 0))) res.write(event);
      if (mood === 'plain') res.write(`event: open\ndata: {"seq":${backlog.length}}\n\n`);
      streams.add(res);
      res.on('close', () => streams.delete(res));
    },
    acknowledge: async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
      let body = '';
      for await (const chunk of req) body += String(chunk);
      acks.push(JSON.parse(body).seq);
      res.writeHead(204).end();
    },
    /** Records a signal and sends it to every open stream. */
    signal: (signal: WireSignal): number => {
      const seq = backlog.length + 1;
      const data = JSON.stringify({ id: `sig-${seq}`, seq, at: Date.now(), ...signal });
      const event = `id: ${seq}\nevent: signal\ndata: ${data}\n\n`;
      backlog.push(event);
      for (const res of streams) res.write(event);
      return seq;
    },
    /** `terse`: streams opened from now on do not say that they have caught up. `deaf`: requests for a stream are not answered at all. */
    become: (how: Mood): void => void (mood = how),
    dropStreams: (): void => {
      for (const res of streams) res.destroy();
    },
  };
}

/** A server on loopback that keeps its port over restarts. */
async function createHost(route: (req: IncomingMessage, res: ServerResponse) => void) {
  const listen = (at: number): Promise<Server> =>
    new Promise((resolve) => {
      const made = createServer(route).listen(at, '127.0.0.1', () => resolve(made));
    });
  let server = await listen(0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    issuer: `http://127.0.0.1:${port}`,
    stop: (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    restart: async (): Promise<void> => void (server = await listen(port)),
  };
}

export type Wire = Awaited<ReturnType<typeof startWire>>;

/** Starts the fixture. Its tokens are for `resource` unless a test says otherwise. */
export async function startWire(resource: string) {
  const keys = [await makeKey('ES256', 'es-1')];
  const requests: Request[] = [];
  const answers = new Map<string, (res: ServerResponse) => void>();
  const { stream, acknowledge, ...signals } = createSignalSide();
  const json = (res: ServerResponse, value: unknown): void => {
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
  const host = await createHost((req, res) => {
    const path = (req.url ?? '').split('?')[0] ?? '';
    requests.push({ path, headers: req.headers });
    const own = answers.get(path);
    if (own !== undefined) return own(res);
    if (path === '/.well-known/oauth-authorization-server')
      return json(res, { issuer: host.issuer, jwks_uri: `${host.issuer}/oauth/jwks` });
    if (path === '/oauth/jwks') return json(res, { keys: keys.map((key) => key.publicJwk) });
    if (path === '/signals/v1/stream') return stream(req, res);
    if (path === '/signals/v1/ack') return void acknowledge(req, res);
    res.writeHead(404).end();
  });
  const claimsOf = (extra: Record<string, unknown>): Record<string, unknown> => ({
    iss: host.issuer,
    aud: resource,
    sub: 'ann',
    client_id: 'claude',
    agent: 'agent-1',
    tenant: 'acme',
    scope: 'incidents:read',
    iat: seconds(),
    exp: seconds() + 600,
    jti: crypto.randomUUID(),
    grant_id: 'grant-1',
    txn: 'txn-1',
    ...extra,
  });

  return {
    ...host,
    ...signals,
    keys,
    requests,
    claimsOf,
    /** Answers a path by hand from now on. */
    answer: (path: string, how: (res: ServerResponse) => void): void => void answers.set(path, how),
    countOf: (path: string): number => requests.filter((request) => request.path === path).length,
    /** A signed access token; a claim set to undefined is left out. */
    mint: async ({ header = {}, claims = {}, kid }: Mint = {}): Promise<string> => {
      const key = keys.find((each) => each.kid === (kid ?? 'es-1')) ?? keys[0];
      if (key === undefined) throw new Error('the fixture has no key');
      return new SignJWT(claimsOf(claims))
        .setProtectedHeader({ typ: 'at+jwt', kid: key.kid, ...header, alg: key.alg })
        .sign(key.privateKey);
    },
  };
}

/** Waits until `check` holds; a wait without end is stopped by the test's own time limit. */
export async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 10));
}
