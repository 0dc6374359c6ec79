// Who reaches what, from the terminal, against a running hub: the tree, JSON, Graphviz, and what breaks without a rule.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, basic, encode, FORM } from '../attacks/ask.ts';
import { bareEnvironment, startHub } from '../harness.ts';
import type { Hub } from '../harness.ts';

const PROGRAM = fileURLToPath(new URL('../../packages/cli/bin/writ.mjs', import.meta.url));
const SECRET = 'a-long-secret-of-the-agent';

let hub: Hub;
const writ = async (...args: string[]): Promise<{ status: number | null; out: string; err: string }> => {
  const env = { ...bareEnvironment(), WRIT_ISSUER: hub.issuer, WRIT_ADMIN_TOKEN: hub.adminToken };
  const child = spawn(process.execPath, [PROGRAM, 'graph', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (part: Buffer) => void (out += part.toString()));
  child.stderr.on('data', (part: Buffer) => void (err += part.toString()));
  await once(child, 'close');
  return { status: child.exitCode, out, err };
};

beforeAll(async () => {
  hub = await startHub();
  await hub.apply({
    resources: [
      { id: 'ops', name: 'Operations', type: 'mcp', uri: 'https://ops.example/mcp', scopes: [{ name: 'read' }, { name: 'write' }] },
    ],
    clients: [
      { id: 'ops-agent', name: 'Ops "the" \u001b[31magent', kind: 'service', auth: { secrets: [{ value: SECRET }] } },
      { id: 'idle', name: 'Idle', kind: 'service', auth: { secrets: [{ value: SECRET }] } },
    ],
    policies: [{ id: 'reads', effect: 'allow', subject: { clients: ['ops-agent'] }, target: { resources: ['ops'] }, scopes: ['read'] }],
  });
  const headers = { ...FORM, ...basic('ops-agent', SECRET) };
  await ask(hub.issuer, '/oauth/token', { method: 'POST', headers, body: encode({ grant_type: 'client_credentials' }) });
});
afterAll(() => hub?.stop());

describe('writ graph', () => {
  it('prints who reaches what, how and because of what, and nothing that could steer a terminal', async () => {
    const { status, out } = await writ('resource', 'ops');
    expect(status).toBe(0);
    expect(out).toContain('resource ops (Operations)');
    expect(out).toContain('read  by client_credentials');
    expect(out).toContain('because  Policy reads allows read at Operations.');
    expect(out).not.toContain('\u001b');
  });

  it('says so where nothing is reached, and of what there is not', async () => {
    expect(await writ('client', 'idle')).toMatchObject({ status: 0, out: '' });
    expect((await writ('client', 'none')).status).toBe(1);
    expect((await writ('planet', 'mars')).status).toBe(2);
  });

  it('prints JSON and Graphviz, in which a name ends no string', async () => {
    const json = JSON.parse((await writ('client', 'ops-agent', '--json')).out);
    expect(json.edges).toEqual(expect.arrayContaining([expect.objectContaining({ to: 'resource:ops', scopes: ['read'] })]));
    const { out } = await writ('client', 'ops-agent', '--dot');
    expect(out.startsWith('digraph writ {\n')).toBe(true);
    expect(out).toContain(String.raw`Ops \"the\"`);
    expect(out).toMatch(/"agent:agt_[0-9a-v]+" -> "resource:ops" \[label="client_credentials: read"\];/);
  });

  it('tells what breaks without a rule', async () => {
    const { status, out } = await writ('resource', 'ops', '--without', 'policy:reads');
    expect(status).toBe(0);
    expect(out).toMatch(/^client ops-agent .* loses read at resource ops \(Operations\) for client ops-agent/);
    expect((await writ('client', 'idle', '--without', 'policy:reads')).err).toContain('Nothing changes here without policy reads.');
  });
});
