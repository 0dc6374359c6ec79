import process from 'node:process';
import { createAgent, secret } from '@writ/sdk-agent';
import { work } from './agent.ts';

// What `writ dev` seeds; a client of your own comes from the environment.
const { WRIT_ISSUER = 'http://localhost:8787', SERVER = 'http://localhost:8788/mcp', CLIENT_ID = 'worker' } = process.env;
const { CLIENT_SECRET = 'demo-secret-of-the-reconciliation-worker', TOOL = 'list_incidents', SCOPE = 'incidents:read' } = process.env;

const agent = createAgent({ issuer: WRIT_ISSUER, clientId: CLIENT_ID, auth: secret(CLIENT_SECRET) });
const result = await work(agent, SERVER, TOOL, SCOPE.split(' '), AbortSignal.timeout(10 * 60_000));
process.stdout.write(result.done ? `${result.text}\n` : `Not yet: ${result.who} must ${result.what}.\n`);
process.exitCode = result.done ? 0 : 1;
