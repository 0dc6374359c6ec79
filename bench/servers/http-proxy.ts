// The peer of the proxy: http-proxy, which adds a header and passes everything on. It asks for no token, decides nothing, and keeps no record.
import { Agent, createServer } from 'node:http';
import httpProxy from 'http-proxy';

const [port = '9472', target = 'http://127.0.0.1:9471'] = process.argv.slice(2);
const proxy = httpProxy.createProxyServer({ target, agent: new Agent({ keepAlive: true }), headers: { 'x-api-key': 'a-key' } });
proxy.on('error', (_error, _request, response) => response.writeHead(502).end());

createServer((request, response) => proxy.web(request, response)).listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
