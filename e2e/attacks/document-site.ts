import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from '../certificate.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, url: string) => void;

/** An https site on loopback whose documents misbehave as a test tells them to. */
export type DocumentSite = {
  caFile: string;
  /** Address of a document that answers as `handler` says. */
  at(path: string, handler: Handler): string;
  /** Paths that were asked for, in order. */
  asked: string[];
  close(): Promise<void>;
};

/** Opened before the hub that is to trust it. */
export async function openDocumentSite(): Promise<DocumentSite> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-attack-site-'));
  const { key, certificate } = selfSigned();
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, certificate);
  const handlers = new Map<string, Handler>();
  const asked: string[] = [];
  const server = createServer({ key, cert: certificate }, (request, response) => {
    const path = request.url ?? '/';
    asked.push(path);
    const handler = handlers.get(path);
    if (handler === undefined) response.writeHead(404).end();
    else handler(request, response, `${origin()}${path}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = (): string => {
    const address = server.address();
    return `https://localhost:${address !== null && typeof address === 'object' ? address.port : 0}`;
  };
  return {
    caFile,
    asked,
    at(path, handler) {
      handlers.set(path, handler);
      return `${origin()}${path}`;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A document in order, but for `changes`. */
export function document(changes: object = {}, headers: Record<string, string> = {}): Handler {
  return (_request, response, url) => {
    const body = { client_id: url, client_name: 'Document', redirect_uris: ['https://doc.example/cb'], ...changes };
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=60', ...headers });
    response.end(JSON.stringify(body));
  };
}
