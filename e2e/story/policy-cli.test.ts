// Policies from the terminal against a running hub: test, simulate, replay, history, rollback, shadow; and what the exit status says.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, basic, encode, FORM } from '../attacks/ask.ts';
import { bareEnvironment, startHub } from '../harness.ts';
import type { Hub } from '../harness.ts';

const PROGRAM = fileURLToPath(new URL('../../packages/cli/bin/writ.mjs', import.meta.url));
const SECRET = 'a-long-secret-of-the-agent';
const READS = { id: 'reads', effect: 'allow', subject: { any: true }, target: { resources: ['ops'] }, scopes: ['read'] };
const WRITES = { ...READS, id: 'writes', subject: { clients: ['ops-agent'] }, scopes: ['write'] };
const TEST = { id: 'alone', request: { client: 'ops-agent', resource: 'ops' }, expect: { granted: ['read'] } };

let hub: Hub;
const writ = async (...args: string[]): Promise<{ status: number | null; out: string; err: string }> => {
  const env = { ...bareEnvironment(), WRIT_ISSUER: hub.issuer, WRIT_ADMIN_TOKEN: hub.adminToken };
  const child = spawn(process.execPath, [PROGRAM, 'policy', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (part: Buffer) => void (out += part.toString()));
  child.stderr.on('data', (part: Buffer) => void (err += part.toString()));
  await once(child, 'close');
  return { status: child.exitCode, out, err };
};
const file = (name: string, content: object): string => {
  const path = join(hub.folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
};

beforeAll(async () => {
  hub = await startHub();
  await hub.apply({
    resources: [{ id: 'ops', type: 'mcp', uri: 'https://ops.example/mcp', scopes: [{ name: 'read' }, { name: 'write' }] }],
    clients: [{ id: 'ops-agent', name: 'Ops', kind: 'service', auth: { secrets: [{ value: SECRET }] } }],
    policies: [READS, { ...WRITES, state: 'shadow' }],
    policyTests: [TEST],
  });
  const headers = { ...FORM, ...basic('ops-agent', SECRET) };
  await ask(hub.issuer, '/oauth/token', { method: 'POST', headers, body: encode({ grant_type: 'client_credentials' }) });
});
afterAll(() => hub?.stop());

describe('writ policy', () => {
  it('test: 0 when all pass, 1 when one fails, also against a draft', async () => {
    expect(await writ('test')).toMatchObject({ status: 0, out: '✓ alone\nAll 1 passed.\n', err: '' });
    const draft = file('draft.json', { policies: [{ ...READS, scopes: 'all' }] });
    const failed = await writ('test', '--draft', draft);
    expect(failed.status).toBe(1);
    expect(failed.out).toContain('Expected the granted scopes to be read, but got read, write.');
    const tests = file('tests.json', { policyTests: [{ ...TEST, expect: { outcome: 'deny' } }] });
    const json = await writ('test', tests, '--json');
    expect([json.status, JSON.parse(json.out)]).toMatchObject([1, { passed: 0, failed: 1, results: [{ id: 'alone' }] }]);
  });

  it('simulate: 0 when something is granted, 1 when nothing is, with the reasons', async () => {
    const some = await writ('simulate', '--client', 'ops-agent', '--resource', 'ops');
    expect(some.status).toBe(0);
    expect(some.out).toContain('read is granted by rule reads.');
    expect(some.out).toContain('✗ write is refused');
    const none = await writ('simulate', '--client', 'ops-agnet', '--resource', 'ops', '--scope', 'write');
    expect(none.status).toBe(1);
    expect(none.out).toContain('! the hub does not know client ops-agnet');
    const request = file('request.json', { request: { client: 'ops-agent', resource: 'ops' } });
    const draft = file('draft.json', { policies: [WRITES] });
    const drafted = await writ('simulate', '--request', request, '--scope', 'write', '--draft', draft, '--json');
    expect([drafted.status, JSON.parse(drafted.out)]).toMatchObject([0, { decision: { outcome: 'allow' }, current: { outcome: 'deny' } }]);
    expect((await writ('simulate')).status).toBe(2);
    expect(await writ('simulate', '--client', 'x', '--resource', 'ops', '--grant', 'guess')).toMatchObject({
      status: 1,
      err: expect.stringContaining('grant'),
    });
  });

  it('replay: what a draft would have decided', async () => {
    const draft = file('draft.json', { policies: [WRITES] });
    const replayed = await writ('replay', '--draft', draft);
    expect(replayed.status).toBe(0);
    expect(replayed.out).toContain('1 of 1 recorded decisions would be different: 1 gain a scope, 0 lose one');
    expect(replayed.out).toMatch(/ops-agent +1 +1 +0/);
    expect((await writ('replay', '--draft', draft, '--fail-on-change')).status).toBe(1);
    const remove = file('remove.json', { remove: ['writes'] });
    expect((await writ('replay', '--draft', remove, '--fail-on-change')).status).toBe(0);
    expect((await writ('replay', '--draft', join(hub.folder, 'gone.json'))).status).toBe(1);
  });

  it('shadow: what rules in shadow would have changed', async () => {
    const shown = await writ('shadow');
    expect(shown.out).toMatch(/writes +shadow +allow +1 +1 .*\+write +dec_/);
    expect(JSON.parse((await writ('shadow', '--json')).out)).toMatchObject({ items: [{ rule: 'writes', wouldChange: 1 }] });
  });

  it('history and rollback: what a policy was, and back to it unless a saved test breaks', async () => {
    await hub.admin('DELETE', 'policy-tests/alone');
    await hub.apply({ policies: [{ ...READS, scopes: 'all' }] });
    await hub.apply({ policies: [READS], policyTests: [TEST] });
    const versions = await writ('history', 'reads');
    expect(
      versions.out
        .trim()
        .split('\n')
        .map((line) => line.split(/\s+/)[0]),
    ).toEqual(['VERSION', '3', '2', '1']);
    expect((await writ('history', 'reads', '2')).out).toContain('- scopes: ["read"]\n+ scopes: "all"');
    expect(await writ('history', 'reads', '9')).toMatchObject({ status: 1, err: expect.stringContaining('no version 9') });
    expect(await writ('rollback', 'reads', '2')).toMatchObject({
      status: 1,
      err: expect.stringContaining('Expected the granted scopes to be read'),
    });
    const forced = await writ('rollback', 'reads', '2', '--force');
    expect(forced).toMatchObject({ status: 0, out: 'Policy reads is as it was in version 2; this is version 4.\n' });
    expect(await writ('rollback', 'reads', '3', '--json')).toMatchObject({ status: 0 });
  });
});
