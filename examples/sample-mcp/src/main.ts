import process from 'node:process';
import { startSample } from './start.ts';

const { WRIT_ISSUER, RESOURCE, HOST, PORT, WRIT_CLIENT_ID, WRIT_CLIENT_SECRET } = process.env;
const hasCredentials = WRIT_CLIENT_ID !== undefined && WRIT_CLIENT_SECRET !== undefined;

const sample = await startSample({
  port: Number(PORT ?? 9000),
  host: HOST,
  issuer: WRIT_ISSUER ?? 'http://localhost:8787',
  resource: RESOURCE,
  credentials: hasCredentials ? { clientId: WRIT_CLIENT_ID, clientSecret: WRIT_CLIENT_SECRET } : undefined,
});
process.stdout.write(`Acme Incidents at ${sample.url}, signals ${sample.resource.signals.state}\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void sample.close());
