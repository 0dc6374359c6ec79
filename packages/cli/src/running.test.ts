import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { walk } from '../../../e2e/driver/walk.ts';
import { DEMO_LOGINS, WORKER_SECRET } from './demo/config.ts';
import { startDev, workFolder, writ } from './hub.suite.ts';
import type { Dev, Ran } from './hub.suite.ts';
import { at, listAt, parseJson, textAt } from './json.ts';

// One hub as `npm start` gives it; every verb is run against it as its own process, from the folder the hub runs in.
let folder: ReturnType<typeof workFolder>;
let dev: Dev;
let sample: string;
beforeAll(async () => {
  folder = workFolder();
  dev = await startDev(folder.path);
  sample = textAt(dev.said, 'sample') ?? '';
});
afterAll(async () => {
  const status = await dev.stop();
  const left = await writ(folder.path, ['agent', 'ls']);
  folder.remove();
  if (status !== 0 || !left.err.includes('No admin token')) throw new Error(`the hub ended with ${status}: ${dev.err()}`);
});

const run = (...args: string[]): Promise<Ran> => writ(folder.path, args);

/** Runs a verb that must work and answers what it printed. */
async function done(...args: string[]): Promise<string> {
  const { status, out, err } = await run(...args);
  expect({ args, status, err, out }).toMatchObject({ status: 0 });
  return out;
}

const json = async (...args: string[]): Promise<unknown> => parseJson(await done(...args, '--json'));

/** A token for the user, by the pages that a browser would show. */
async function tokenOf([{ email, password }]: readonly [{ email: string; password: string }], ...args: string[]): Promise<string> {
  let walked: Promise<unknown> | undefined;
  const { status, out, err } = await writ(folder.path, ['token', '--no-open', '--login', '--resource', sample, '--json', ...args], {
    onErr(text) {
      const url = /^\s+(http\S+)$/m.exec(text)?.[1];
      if (url !== undefined) walked ??= walk(url, { email, password, allow: 'all' });
    },
  });
  await walked;
  expect({ status, err }).toMatchObject({ status: 0 });
  return out;
}

const [ANN, BOB] = DEMO_LOGINS;

describe('the demo', () => {
  test('says how to add the sample to the clients people have', () => {
    const { port } = new URL(textAt(dev.said, 'url') ?? '');
    expect(sample).toBe(`http://localhost:${Number(port) + 1}/mcp`);
    expect(at(dev.said, 'add')).toEqual({
      'Claude Code': `claude mcp add --transport http acme ${sample}`,
      Codex: `codex mcp add acme --url ${sample}`,
      'VS Code': `code --add-mcp '{"name":"acme","type":"http","url":"${sample}"}'`,
    });
    expect(textAt(dev.said, 'console')).toContain(`${textAt(dev.said, 'url') ?? '?'}/console/`);
  });

  test('gives an agent that nobody configured three of five scopes for Bob, and more for Ann', async () => {
    const bob = await tokenOf([BOB]);
    expect(textAt(parseJson(bob), 'scope')?.split(' ').toSorted()).toEqual(['incidents:comment', 'incidents:read', 'incidents:write']);
    const ann = await tokenOf([ANN]);
    expect(textAt(parseJson(ann), 'scope')?.split(' ').toSorted()).toEqual([
      'deploys:rollback',
      'incidents:comment',
      'incidents:read',
      'incidents:write',
    ]);
  });

  test('shows the sample server under its own name where it is told who has acted on a stop', async () => {
    await done('freeze', 'client', 'worker', '--reason', 'a test');
    await vi.waitFor(
      async () => expect(await done('audit', 'search', '--type', 'signal.acknowledged')).toContain('acme-incidents-server'),
      { timeout: 120_000, interval: 500 },
    );
    await done('unfreeze', 'client', 'worker', '--reason', 'over');
  });

  test('lets the worker read, and nothing else', async () => {
    const answer = await json('token', '--client', 'worker', '--secret', WORKER_SECRET, '--resource', sample);
    expect(textAt(answer, 'scope')).toBe('incidents:read');
    const refused = await run(
      'token',
      '--client',
      'worker',
      '--secret',
      WORKER_SECRET,
      '--resource',
      sample,
      '--scope',
      'deploys:rollback',
    );
    expect(refused).toMatchObject({ status: 1, out: '', err: expect.stringContaining('invalid_scope') });
    const wrong = await writ(folder.path, ['token', '--client', 'worker', '--secret', '-', '--resource', sample], {
      input: 'not-the-secret-of-the-worker\n',
    });
    expect(wrong).toMatchObject({ status: 1, err: expect.stringContaining('invalid_client') });
  });
});

test('a second hub on the same folder is refused in one sentence', async () => {
  const { status, out, err } = await run('dev', '--port', '0');
  expect({ status, out }).toEqual({ status: 1, out: '' });
  expect(err).toMatch(/^writ: .*(in use|running|locked)/im);
});

test('a port that is taken is named', async () => {
  const other = workFolder();
  const { port } = new URL(textAt(dev.said, 'url') ?? '');
  const { status, err } = await writ(other.path, ['dev', '--port', port, '--empty']);
  other.remove();
  expect({ status, err }).toMatchObject({ status: 1, err: expect.stringContaining(`Port ${port} is in use`) });
});

test.each(['SIGINT', 'SIGTERM'] as const)('a hub that is told %s while it starts still ends in order', async (signal) => {
  const other = workFolder();
  let isTold = false;
  const stopped = await writ(other.path, ['dev', '--port', '0'], {
    onErr(_, stop) {
      if (!isTold) stop(signal);
      isTold = true;
    },
  });
  const left = readdirSync(join(other.path, 'data'));
  other.remove();
  expect(stopped).toMatchObject({ status: 0, out: '' });
  expect(left).not.toContain('dev.json');
});

test('a server of the user is protected once: the second start keeps what is there', async () => {
  const other = workFolder();
  const url = 'http://localhost:9000/mcp';
  const first = await startDev(other.path, ['--empty', '--protect', url]);
  expect(first.said).toMatchObject({
    protected: { url, id: 'localhost-9000-mcp', scopes: ['mcp:read', 'mcp:write'], secret: expect.any(String) },
  });
  expect(await first.stop()).toBe(0);
  const second = await startDev(other.path, ['--empty', '--protect', url]);
  expect(at(second.said, 'protected.secret')).toBeUndefined();
  expect(at(second.said, 'logins')).toBeUndefined();
  expect(at(second.said, 'sample')).toBeUndefined();
  expect(await second.stop()).toBe(0);
  other.remove();
});

test('with another port the demo moves along', async () => {
  const other = workFolder();
  const first = await startDev(other.path);
  expect(await first.stop()).toBe(0);
  const second = await startDev(other.path);
  expect(textAt(second.said, 'sample')).not.toBe(textAt(first.said, 'sample'));
  const exported = await writ(other.path, ['export', '--json']);
  expect(textAt(listAt(parseJson(exported.out), 'resources')[0], 'uri')).toBe(textAt(second.said, 'sample'));
  expect(await second.stop()).toBe(0);
  other.remove();
});

describe('a token', () => {
  test('is told to be good, until its agent is frozen, and good again after', async () => {
    const token = (await done('token', '--client', 'worker', '--secret', WORKER_SECRET, '--resource', sample)).trim();
    expect(await done('inspect', token)).toMatch(/Good: genuine, the hub honours it/);
    const agent = textAt(await json('inspect', token), 'claims.agent') ?? '';
    expect(await done('agent', 'show', agent)).toContain('worker');
    expect(await done('agent', 'owner', agent, 'none')).toContain(`Nobody answers for agent ${agent} now.`);
    expect(await done('agent', 'ls', '--owner', 'none', '-q', 'reconciliation', '--sort=-calls')).toContain(agent);
    expect((await run('agent', 'owner', agent, 'nobody-known')).err).toContain('no user has this id');
    expect(await done('agent', 'freeze', agent, '--reason', 'a test')).toContain(`agent ${agent} is frozen.`);
    const frozen = await run('inspect', token);
    expect(frozen).toMatchObject({ status: 1, out: expect.stringContaining('Not good: the hub has revoked it') });
    expect((await run('token', '--client', 'worker', '--secret', WORKER_SECRET, '--resource', sample)).status).toBe(1);
    await done('agent', 'unfreeze', agent, '--reason', 'over');
    expect((await run('token', '--client', 'worker', '--secret', WORKER_SECRET, '--resource', sample)).status).toBe(0);
    expect(await done('audit', 'search', '--type', 'agent.frozen')).toContain(`→ agent ${agent} · a test`);
  });

  test('is had by nobody while the whole hub is stopped, which says why and ends by itself', async () => {
    const ask = () => run('token', '--client', 'worker', '--secret', WORKER_SECRET, '--resource', sample);
    expect(await run('freeze', 'hub')).toMatchObject({ status: 2, err: expect.stringContaining('Say why') });
    expect(await done('freeze', 'hub', '--reason', 'a key leaked', '--for', '2h')).toContain('hub is frozen.');
    expect((await ask()).status).toBe(1);
    const [stop] = listAt({ all: await json('stopped', '--state', 'frozen') }, 'all');
    expect(stop).toMatchObject({ kind: 'hub', reason: 'a key leaked', until: expect.any(Number) });
    expect(await done('stopped')).toMatch(/hub +hub +- +frozen .* a key leaked/);
    expect(await done('unfreeze', 'hub', '--reason', 'new keys')).toContain('hub is active.');
    expect((await ask()).status).toBe(0);
    expect(await run('freeze', 'client')).toMatchObject({ status: 2, err: expect.stringContaining('Name the client') });
    expect(await run('freeze', 'hub', 'x', '--reason', 'y')).toMatchObject({ status: 2 });
    expect(await run('revoke', 'hub', '-y', '--reason', 'y')).toMatchObject({ status: 2 });
    expect(await run('freeze', 'client', 'worker', '--for', 'ever')).toMatchObject({
      status: 2,
      err: expect.stringContaining('30m, 12h, 7d'),
    });
    expect(await run('unfreezes', 'confirm', 'unf_nobody', '--reason', 'x')).toMatchObject({
      status: 1,
      err: expect.stringContaining('No unfreeze'),
    });
  });

  test('is refused to a client that was frozen beside one that nobody knows, until it is let go', async () => {
    const froze = await run('freeze', 'client', 'nobody-known', 'worker', '--reason', 'a test', '--for', '2h');
    expect(froze).toMatchObject({
      status: 1,
      out: expect.stringContaining('client worker is frozen.'),
      err: expect.stringContaining('client nobody-known:'),
    });
    const [stop] = listAt({ all: await json('stopped', '--kind', 'client', '--state', 'frozen') }, 'all');
    expect(stop).toMatchObject({ kind: 'client', id: 'worker', reason: 'a test', until: expect.any(Number) });
    const refused = await run('token', '--client', 'worker', '--secret', WORKER_SECRET, '--resource', sample);
    expect(refused).toMatchObject({ status: 1, out: '' });
    expect(await done('unfreeze', 'client', 'worker', '--reason', 'over')).toContain('client worker is active.');
  });

  test('that was changed is told to be', async () => {
    const token = (await done('token', '--client', 'worker', '--secret', WORKER_SECRET, '--resource', sample)).trim();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const changed = Buffer.from(Buffer.from(payload, 'base64url').toString().replace('incidents:read', 'incidents:wide')).toString(
      'base64url',
    );
    expect(await run('inspect', `${header}.${changed}.${signature}`)).toMatchObject({
      status: 1,
      out: expect.stringContaining('changed, or forged'),
    });
    const piped = await writ(folder.path, ['inspect', '-'], { input: token });
    expect(piped).toMatchObject({ status: 0 });
  });

  test('that is kept needs no browser the next time', async () => {
    const first = await tokenOf([ANN]);
    const second = await run('token', '--no-open', '--resource', sample, '--json');
    expect({ status: second.status, err: second.err }).toEqual({ status: 0, err: '' });
    expect(textAt(parseJson(second.out), 'access_token')).not.toBe(textAt(parseJson(first), 'access_token'));
  });
});

test('grants are listed, and die when they are revoked', async () => {
  await tokenOf([BOB]);
  const found = listAt({ all: await json('grant', 'ls', '--user', 'bob', '--state', 'active') }, 'all');
  const id = textAt(found[0], 'id') ?? '';
  expect(await done('grant', 'ls', '--user', 'bob')).toContain(id);
  await done('grant', 'revoke', id, '--reason', 'a test', '--yes');
  expect(await done('grant', 'ls', '--user', 'bob', '--state', 'revoked')).toContain(id);
});

describe('config as code', () => {
  test('what is exported is what is there; a change is planned, applied once, and drift is found', async () => {
    await done('export', '-o', 'writ.yaml');
    expect(await done('plan', 'writ.yaml')).toContain('Nothing to do');
    expect(await done('drift', 'writ.yaml')).toContain('No drift');
    const file = join(folder.path, 'writ.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('name: Acme\n', 'name: Acme Inc.\n'));
    expect(await done('plan', 'writ.yaml')).toContain('name: "Acme" → "Acme Inc."');
    expect(await run('drift', 'writ.yaml')).toMatchObject({ status: 1, out: expect.stringContaining('1 different') });
    expect(await done('apply', 'writ.yaml')).toContain('Applied: 1 changed');
    expect(await done('apply', 'writ.yaml')).toContain('Nothing to do');
    await done('user', 'create', 'eve', '--email', 'eve@acme.test', '--tenant', 'acme', '--role', 'viewer');
    expect(await run('drift', 'writ.yaml')).toMatchObject({ status: 1, out: expect.stringContaining('- user eve') });
  });

  test('a change that nobody has looked at is listed and accepted as it was seen; of a resource there is nobody to stop', async () => {
    const resource = listAt(await json('export'), 'resources').find((one) => textAt(one, 'uri') === sample);
    const tools = [...listAt(resource, 'tools'), { name: 'wipe', scopes: ['incidents:write'] }];
    writeFileSync(join(folder.path, 'tools.json'), JSON.stringify({ resources: [Object.assign({}, resource, { tools })] }));
    await done('apply', 'tools.json');
    const [drift] = listAt({ all: await json('agent', 'drifts') }, 'all');
    const id = textAt(drift, 'id') ?? '';
    expect(await done('agent', 'drifts')).toContain('+ wipe');
    expect(await run('agent', 'decline-drift', id)).toMatchObject({ status: 1, err: expect.stringContaining('of a resource') });
    expect(await run('agent', 'accept-drift', id, '--times', '7')).toMatchObject({
      status: 1,
      err: expect.stringContaining('changed once more'),
    });
    expect(await done('agent', 'accept-drift', id, '--times', '1', '--note', 'a test')).toContain('Accepted: ');
    expect((await run('agent', 'drifts')).err).toContain('Nothing changed');
  });

  test('what is wrong is named by its place, and nothing is applied', async () => {
    const config = { tenants: [{ id: 'beta', name: 'Beta' }], policies: [{ id: 'p', effect: 'perhaps' }] };
    writeFileSync(join(folder.path, 'wrong.json'), JSON.stringify(config));
    const { status, err } = await run('apply', 'wrong.json');
    expect({ status, err }).toMatchObject({ status: 1, err: expect.stringContaining('policies[0]') });
    expect(JSON.stringify(await json('export'))).not.toContain('beta');
  });
});

describe('clients', () => {
  test('get a secret that works, and after a rotation another', async () => {
    const made = await json('client', 'create', 'reporter', '--kind', 'service', '--tenant', 'acme');
    const secret = textAt(made, 'secret') ?? '';
    const policy = {
      id: 'reporter',
      effect: 'allow',
      subject: { clients: ['reporter'] },
      target: { resources: ['acme-incidents'] },
      scopes: ['incidents:read'],
    };
    writeFileSync(join(folder.path, 'policy.json'), JSON.stringify({ policies: [policy] }));
    await done('apply', 'policy.json');
    const works = (value: string): Promise<Ran> => run('token', '--client', 'reporter', '--secret', value, '--resource', sample);
    expect((await works(secret)).status).toBe(0);
    const next = (await done('client', 'rotate-secret', 'reporter', '--overlap', '1')).trim();
    expect((await works(next)).status).toBe(0);
    expect(await done('client', 'ls')).toMatch(/reporter .*manual/);
    expect(await run('client', 'create', 'reporter', '--kind', 'service')).toMatchObject({
      status: 1,
      err: expect.stringContaining('already'),
    });
  });
});

test('approvals that an agent waits for are listed, refused by an administrator, and given by nobody who is not asked', async () => {
  const secret = textAt(await json('client', 'create', 'careful', '--kind', 'service', '--tenant', 'acme'), 'secret') ?? '';
  const reach = { subject: { clients: ['careful'] }, target: { resources: ['acme-incidents'] }, scopes: ['incidents:read'] };
  const policies = [
    { id: 'careful', effect: 'allow', ...reach },
    { id: 'careful-asks', effect: 'require', ...reach, require: { approval: { from: { users: ['ann'] } } } },
  ];
  writeFileSync(join(folder.path, 'careful.json'), JSON.stringify({ policies }));
  await done('apply', 'careful.json');
  const wants = ['token', '--client', 'careful', '--secret', secret, '--resource', sample, '--scope', 'incidents:read'];
  expect(await run(...wants)).toMatchObject({ status: 1, err: expect.stringContaining('interaction_required') });
  const [waiting, ...others] = listAt({ items: await json('approval', 'ls', '--state', 'pending') }, 'items');
  const id = textAt(waiting, 'id') ?? '';
  expect([textAt(waiting, 'client'), others]).toEqual(['careful', []]);
  expect(await done('approval', 'ls')).toContain('0 of 1');
  expect(await run('approval', 'give', id)).toMatchObject({ status: 1, err: expect.stringContaining('does not let you decide') });
  expect(await done('approval', 'refuse', id, '--reason', 'not today')).toContain(`approval ${id} is refused`);
  expect(await run('approval', 'refuse', id)).toMatchObject({ status: 1, err: expect.stringContaining('It was decided') });
  expect(await run(...wants)).toMatchObject({ status: 1, err: expect.stringContaining('access_denied') });
});

test('people are invited by a link', async () => {
  expect(await done('user', 'invite', 'carol@acme.test', '--tenant', 'acme', '--role', 'viewer')).toMatch(
    /^http:\/\/localhost:\d+\/\S+\n$/,
  );
});

test('sinks are listed, tried and replayed', async () => {
  expect(await run('sink', 'ls')).toMatchObject({ status: 0, err: expect.stringContaining('No sinks.') });
  writeFileSync(join(folder.path, 'sinks.yaml'), 'sinks: [{id: disk, type: file}, {id: away, type: syslog, url: "tcp://127.0.0.1:1"}]\n');
  await done('apply', 'sinks.yaml');
  expect(await done('sink', 'ls')).toMatch(/disk\s+file\s+healthy/);
  expect(await done('sink', 'test', 'disk')).toMatch(/^It took the test event\. \(evt_\w+\)/);
  expect(await run('sink', 'test', 'away')).toMatchObject({ status: 1, err: expect.stringContaining('none that sinks may') });
  expect(await done('sink', 'replay', 'disk')).toMatch(/^\d+ entries of \d+ chains go out again\./);
});

test('keys are listed, and rotated when verifiers know the next one', async () => {
  expect(await done('keys', 'ls')).toMatch(/ES256\s+active/);
  const young = await run('keys', 'rotate');
  expect(young).toMatchObject({ status: 1, err: expect.stringContaining('young') });
  expect(await done('keys', 'rotate', '--force')).toMatch(/^ES256: \S+ signs now/);
  const token = await done('token', '--client', 'worker', '--secret', WORKER_SECRET, '--resource', sample);
  expect((await run('inspect', token.trim())).status).toBe(0);
});

test('the key-encryption key is shown, and everything under it is sealed anew while the hub runs', async () => {
  expect(await done('kek', 'status')).toMatch(/^KEK +local:[0-9a-f]{16}\n/);
  const rotated = await done('kek', 'rotate', '--data-keys');
  expect(rotated).toMatch(/, of which 0 under another KEK/);
  expect(rotated).toMatch(/Rotation +ended/);
  expect(parseJson(await done('kek', 'status', '--json'))).toMatchObject({ secrets: { retiredKey: 0 } });
});

describe('the audit trail', () => {
  test('is shown, searched and verified', async () => {
    await done('token', '--client', 'worker', '--secret', WORKER_SECRET, '--resource', sample);
    expect(await done('audit', 'tail')).toContain('token.issued');
    const found = await done('audit', 'search', '--client', 'worker', '--type', 'token.issued', '--limit', '1', '--json');
    expect(parseJson(found)).toMatchObject({ type: 'token.issued', actor: { client: 'worker' } });
    expect(await done('audit', 'verify')).toMatch(/^Unbroken: \d+ entries checked/);
  });

  test('is exported, verified without the hub, and a changed line is found', async () => {
    await done('audit', 'export', '-o', 'trail.ndjson');
    expect(await done('audit', 'verify', 'trail.ndjson')).toMatch(/^Unbroken: \d+ entries checked/);
    const file = join(folder.path, 'trail.ndjson');
    await done('audit', 'export', '-o', 'again.ndjson', '--keys', 'hub-keys.json');
    expect(await done('audit', 'verify', 'again.ndjson', '--keys', 'hub-keys.json')).toMatch(/\d+ checkpoints? signed by the hub agree/);
    writeFileSync(file, readFileSync(file, 'utf8').replace('"outcome":"refused"', '"outcome":"success"'));
    expect(await run('audit', 'verify', 'trail.ndjson')).toMatchObject({
      status: 1,
      out: expect.stringContaining('was changed after it was written'),
    });
  });
});

test('the doctor finds nothing wrong with the sample, and names what is wrong elsewhere', async () => {
  expect(await done('doctor', sample)).toContain('Nothing is wrong.');
  expect(await done('doctor')).toContain('Nothing is wrong.');
  const other = await run('doctor', sample.replace('localhost', '127.0.0.1'));
  expect(other.status).toBe(1);
});

test('a decision is explained, scope by scope', async () => {
  await tokenOf([BOB]);
  const [found = ''] = (await done('audit', 'search', '--type', 'token.issued', '--user', 'bob', '--limit', '1', '--json')).split('\n');
  const decision = textAt(parseJson(found), 'decision') ?? '';
  const explained = await done('policy', 'explain', decision);
  expect(explained).toContain('✓ incidents:read is granted by rule people-incidents.');
  expect(await run('policy', 'explain', 'dec_gone')).toMatchObject({ status: 1, err: expect.stringContaining('No decision has this id') });
});

test('the OpenAPI document is printed', async () => {
  expect(textAt(parseJson(await done('openapi')), 'openapi')).toMatch(/^3\.1/);
});
