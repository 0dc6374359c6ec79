import { spawn } from 'node:child_process';
import { hash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import { Refused } from '../refused.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { postForm } from './hub-metadata.ts';
import type { HubMetadata } from './hub-metadata.ts';

export type BrowserLogin = {
  clientId: string;
  resource: string | undefined;
  scope: string | undefined;
  tenant: string | undefined;
  open: boolean;
};

const PATIENCE_MS = 5 * 60_000;
const PATH = '/callback';

/** Opens the login in a browser and answers the token response: authorization code, PKCE S256, a loopback port of its own (RFC 8252 §7.3). */
export async function loginByBrowser(hub: HubMetadata, to: Terminal, login: BrowserLogin): Promise<unknown> {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const loopback = await listen();
  try {
    const request = {
      response_type: 'code',
      client_id: login.clientId,
      redirect_uri: loopback.uri,
      state,
      code_challenge: hash('sha256', verifier, 'base64url'),
      code_challenge_method: 'S256',
    };
    const url = new URL(hub.authorizationEndpoint);
    const rest = { scope: login.scope, resource: login.resource, tenant: login.tenant };
    for (const [name, value] of Object.entries({ ...request, ...rest })) if (value !== undefined) url.searchParams.set(name, value);
    to.note(`Log in here:\n\n  ${url.href}\n`);
    if (login.open) openBrowser(url.href);
    const code = await loopback.code(hub.issuer, state);
    return await postForm(hub.tokenEndpoint, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: loopback.uri,
      client_id: login.clientId,
      code_verifier: verifier,
      resource: login.resource,
    });
  } finally {
    loopback.close();
  }
}

type Loopback = { uri: string; code(issuer: string, state: string): Promise<string>; close(): void };

async function listen(): Promise<Loopback> {
  const server = createServer();
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { uri: `http://127.0.0.1:${port}${PATH}`, code: (issuer, state) => codeFrom(server, issuer, state), close };
}

/** What an authorization response says: a code, an error for the person, or nothing that concerns this login. */
export function readResponse(query: URLSearchParams, issuer: string, state: string): { code: string } | { error: string } | undefined {
  // Anything on this machine can call the port; without our state it is not the answer to our request.
  if (query.get('state') !== state) return undefined;
  // RFC 9207 §2.4: an answer in the name of another server is a mix-up.
  if (query.get('iss') !== issuer) return { error: `The answer came from "${query.get('iss') ?? 'nobody'}", not from ${issuer}.` };
  const error = query.get('error');
  if (error !== null) return { error: `${error}${query.get('error_description') === null ? '' : `: ${query.get('error_description')}`}` };
  const code = query.get('code');
  return code === null ? { error: 'The answer has neither a code nor an error.' } : { code };
}

function codeFrom(server: Server, issuer: string, state: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Refused('Nobody logged in within five minutes. Where there is no browser: --device.')),
      PATIENCE_MS,
    );
    server.on('request', (request, response) => {
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      const answer = url.pathname === PATH && request.method === 'GET' ? readResponse(url.searchParams, issuer, state) : undefined;
      if (answer === undefined) return page(response, 404, 'Nothing here.');
      clearTimeout(timer);
      if ('code' in answer) {
        page(response, 200, 'Done. You can close this window and go back to the terminal.');
        return resolve(answer.code);
      }
      page(response, 200, 'No token was given. The terminal tells why.');
      reject(new Refused(answer.error));
    });
  });
}

function page(response: ServerResponse, status: number, sentence: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-security-policy': "default-src 'none'",
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    connection: 'close',
  });
  response.end(`${sentence}\n`);
}

/** Best effort: the address stands in the terminal as well. */
function openBrowser(url: string): void {
  const program = process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open';
  const child = spawn(program, [url], { stdio: 'ignore', detached: true });
  child.once('error', () => undefined);
  child.unref();
}
