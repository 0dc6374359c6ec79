// The service behind the proxies: answers at once, the same small JSON each time.
import { createServer } from 'node:http';

const [port = '9471'] = process.argv.slice(2);
const body = JSON.stringify({ items: Array.from({ length: 8 }, (_, index) => ({ id: index, title: `Item ${index}` })) });
const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };

createServer((request, response) => {
  request.resume();
  request.once('end', () => response.writeHead(200, headers).end(body));
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
