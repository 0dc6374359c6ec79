import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { ANN_TOKEN, SEARCH_KEY } from './hub-config.ts';

/** Somebody else's service, standing in for a search engine and a ticket system: it knows keys and tokens, and nothing of the hub. */
export function buildService(): Server {
  return createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://service');
    if (pathname === '/search') return search(request, response, searchParams.get('q') ?? '');
    if (pathname === '/tickets') return tickets(request, response);
    return say(response, 404, { error: 'no such page' });
  });
}

function search(request: IncomingMessage, response: ServerResponse, query: string): void {
  const known = request.headers['x-api-key'] === SEARCH_KEY;
  return known ? say(response, 200, { results: [`All about ${query}`] }) : say(response, 401, { error: 'which key?' });
}

function tickets(request: IncomingMessage, response: ServerResponse): void {
  const known = request.headers.authorization === `Bearer ${ANN_TOKEN}`;
  return known ? say(response, 200, { tickets: ['The coffee machine is empty'] }) : say(response, 401, { error: 'who are you?' });
}

function say(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
