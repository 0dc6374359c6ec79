import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANN, bareEnvironment, freePort, protectSample, startHub, temporaryFolder } from '../harness.ts';
import type { Hub, Protected } from '../harness.ts';
import { installPackages } from '../packages.ts';
import { startSite } from '../site.ts';
import type { Site } from '../site.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const WORKER = { clientId: 'jam-worker', clientSecret: 'the-secret-of-jam-worker-000001' };

const outcome = z.object({
  results: z.array(
    z.object({
      label: z.string(),
      passed: z.boolean(),
      summary: z.string(),
      steps: z.array(z.object({ step: z.string(), status: z.string(), error: z.string().optional(), details: z.unknown().optional() })),
    }),
  ),
  walks: z.array(z.array(z.string())),
});
type Outcome = z.infer<typeof outcome>;

/** What the suite itself cannot try: checks of a redirect URI where there is none, and one that it can only judge by our wording. */
const FLOWS = ['dcr', 'preregistered', 'cimd', 'machine', 'dcr-2025-06-18'] as const;

let folder: ReturnType<typeof temporaryFolder>;
let site: Site;
let hub: Hub;
let guarded: Protected;
let found: Outcome;

beforeAll(async () => {
  installPackages(HERE);
  folder = temporaryFolder();
  site = await startSite(folder.path);
  hub = await startHub({ env: { NODE_EXTRA_CA_CERTS: site.caFile } });
  const redirectUrl = `http://127.0.0.1:${await freePort()}/callback`;
  guarded = await protectSample(hub, {
    clients: [
      { id: 'jam-public', name: 'MCPJam', public: true, redirectUris: [redirectUrl] },
      {
        id: WORKER.clientId,
        name: 'MCPJam worker',
        kind: 'service',
        auth: { method: 'client_secret_post', secrets: [{ value: WORKER.clientSecret }] },
      },
    ],
    policies: [
      {
        id: 'worker-at-incidents',
        effect: 'allow',
        grants: ['client_credentials'],
        subject: { clients: [WORKER.clientId] },
        target: { resources: ['acme-incidents'] },
        scopes: 'all',
      },
    ],
  });
  const document = { client_name: 'MCPJam by URL', redirect_uris: [redirectUrl], token_endpoint_auth_method: 'none' };
  const clientIdMetadataUrl = site.publish('/client.json', document);
  const browser = { auth: { mode: 'interactive' }, redirectUrl };
  const now = { protocolVersion: '2025-11-25' };
  found = await run({
    serverUrl: guarded.sample.url,
    person: { ...ANN, allow: 'all' },
    flows: [
      { label: 'dcr', ...now, registrationStrategy: 'dcr', ...browser },
      {
        label: 'preregistered',
        ...now,
        registrationStrategy: 'preregistered',
        ...browser,
        client: { preregistered: { clientId: 'jam-public' } },
      },
      { label: 'cimd', ...now, registrationStrategy: 'cimd', ...browser, client: { clientIdMetadataUrl } },
      {
        label: 'machine',
        ...now,
        registrationStrategy: 'preregistered',
        auth: { mode: 'client_credentials', ...WORKER },
        client: { preregistered: WORKER },
      },
      { label: 'dcr-2025-06-18', protocolVersion: '2025-06-18', registrationStrategy: 'dcr', ...browser },
    ],
  });
}, 280_000);

afterAll(async () => {
  await guarded?.close();
  await hub?.stop();
  await site?.close();
  folder?.remove();
});

async function run(input: object): Promise<Outcome> {
  const child = spawn(process.execPath, [`${HERE}mcpjam.mjs`], {
    cwd: HERE,
    env: { ...bareEnvironment(), NODE_EXTRA_CA_CERTS: site.caFile },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 170_000,
  });
  child.stdin.end(JSON.stringify(input));
  const [printed, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (!printed.startsWith('{')) throw new Error(`the suite did not run: ${printed}\n${complaints}\n${hub.said()}`);
  return outcome.parse(JSON.parse(printed));
}

describe('the OAuth conformance suite of MCPJam', () => {
  test.each(FLOWS)('finds nothing wrong with the flow %s', (label) => {
    const result = found.results.find((one) => one.label === label);
    const failed = result?.steps.filter((one) => one.status === 'failed');
    expect({ failed, passed: result?.passed, walks: found.walks }).toEqual({ failed: [], passed: true, walks: found.walks });
  });

  test('can judge every negative check of a browser flow, because each refusal names its reason', () => {
    const result = found.results.find((one) => one.label === 'dcr');
    const checks = result?.steps.filter((one) => one.step.startsWith('oauth_')) ?? [];
    expect(Object.fromEntries(checks.map((one) => [one.step, one.error ?? one.status]))).toEqual({
      oauth_dcr_http_redirect_uri: 'passed',
      oauth_invalid_client: 'passed',
      oauth_invalid_authorize_redirect: 'passed',
      oauth_invalid_token: 'passed',
      oauth_invalid_redirect: 'passed',
      oauth_token_format: 'passed',
    });
  });
});
