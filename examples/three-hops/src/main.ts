import process from 'node:process';
import { hubConfig } from './hub-config.ts';
import { placesAt, startThreeHops } from './start.ts';

const issuer = process.env['WRIT_ISSUER'] ?? 'http://localhost:8787';
const places = placesAt({ expenses: 9010, ledger: 9011, archive: 9012 });

if (process.argv.includes('--config')) {
  process.stdout.write(`${JSON.stringify(hubConfig(places), undefined, 2)}\n`);
} else {
  const running = await startThreeHops(issuer, places);
  process.stdout.write(`Expenses (MCP) at ${places.expenses}, ledger at ${places.ledger}, archive at ${places.archive}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void running.close());
}
