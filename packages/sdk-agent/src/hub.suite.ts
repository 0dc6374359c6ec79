// The wire fixture of this package: a small real issuer over HTTP on loopback whose token endpoint says what the test wants. It stands in
// for the hub, so that the package is tested without it; e2e runs the same agent against the hub.
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Wire } from '../../sdk/src/wire.suite.ts';
import { startWire } from '../../sdk/src/wire.suite.ts';

export type Asked = { readonly path: string; readonly headers: IncomingMessage['headers']; readonly form: URLSearchParams };
type Said = { readonly status?: number; readonly body: Record<string, unknown>; readonly headers?: Record<string, string> };
type Answering = (asked: Asked, count: number) => Said | Promise<Said>;

export const RESOURCE = 'http://localhost:9000/mcp';

/** A token endpoint, a backchannel and a device endpoint behind the wire's metadata, keys and signal stream. */
export async function startFixture(resource: string = RESOURCE) {
  const wire = await startWire(resource);
  const asked: Asked[] = [];
  let answering: Answering = async () => ({ body: await granted(wire) });
  const server = createServer((request, response) => {
    void (async () => {
      const seen = { path: request.url ?? '', headers: request.headers, form: new URLSearchParams(await text(request)) };
      asked.push(seen);
      const { status = 200, body, headers = {} } = await answering(seen, asked.length);
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const base = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const metadata = (more: Record<string, unknown> = {}): void =>
    wire.answer('/.well-known/oauth-authorization-server', (res) => {
      const document = {
        issuer: wire.issuer,
        jwks_uri: `${wire.issuer}/oauth/jwks`,
        authorization_endpoint: `${base}/authorize`,
        token_endpoint: `${base}/token`,
        backchannel_authentication_endpoint: `${base}/backchannel`,
        device_authorization_endpoint: `${base}/device`,
        ...more,
      };
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
    });
  metadata();
  return {
    wire,
    issuer: wire.issuer,
    asked,
    metadata,
    /** What the endpoints say from now on. */
    say: (how: Answering): void => void (answering = how),
    stop: async (): Promise<void> => {
      server.close();
      server.closeAllConnections();
      await wire.stop();
    },
  };
}

export type Fixture = Awaited<ReturnType<typeof startFixture>>;

/** A good answer: a signed token for ten minutes. */
export async function granted(wire: Wire, more: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
  return { access_token: await wire.mint({}), token_type: 'Bearer', expires_in: 600, scope: 'incidents:read', ...more };
}

/** The token of an outcome that must be one. */
export function tokenIn(outcome: { kind: string; token?: { accessToken: string } }): string {
  if (outcome.token === undefined) throw new Error(`no token but ${JSON.stringify(outcome)}`);
  return outcome.token.accessToken;
}
