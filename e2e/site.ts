import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { selfSigned } from './certificate.ts';

export type Site = {
  /** For NODE_EXTRA_CA_CERTS of a program that is to trust this site. */
  caFile: string;
  /** Publishes a client metadata document; its `client_id` becomes the address, which is returned. */
  publish(path: string, document: object): string;
  /** Paths that were asked for. */
  asked: string[];
  close(): Promise<void>;
};

/** An https site on loopback that publishes client metadata documents, for clients that name themselves by URL. `folder` keeps the certificate. */
export async function startSite(folder: string): Promise<Site> {
  const { key, certificate } = selfSigned();
  const caFile = join(folder, 'site-ca.pem');
  writeFileSync(caFile, certificate);
  const documents = new Map<string, string>();
  const asked: string[] = [];
  const server = createServer({ key, cert: certificate }, (request, response) => {
    const path = request.url ?? '/';
    asked.push(path);
    const document = documents.get(path);
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json', 'cache-control': 'max-age=60' });
    response.end(document ?? '{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    caFile,
    asked,
    publish(path, document) {
      const url = `https://localhost:${address.port}${path}`;
      documents.set(path, JSON.stringify({ client_id: url, ...document }));
      return url;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
