import process from 'node:process';
import { ANN_CONNECTED, hubConfig } from './hub-config.ts';
import { placesAt, startVaultTool } from './start.ts';

const issuer = process.env['WRIT_ISSUER'] ?? 'http://localhost:8787';
const places = placesAt(issuer, { desk: 9020, service: 9021 });

if (process.argv.includes('--config')) {
  process.stdout.write(`${JSON.stringify(hubConfig(places), undefined, 2)}\n`);
} else if (process.argv.includes('--connect-ann')) {
  process.stdout.write(`${JSON.stringify(ANN_CONNECTED, undefined, 2)}\n`);
} else {
  const running = await startVaultTool(places);
  process.stdout.write(`Desk (MCP) at ${places.desk}, the service it uses at ${places.service}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void running.close());
}
