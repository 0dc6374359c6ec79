import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runChild } from '../../../testing/child.ts';
import { temporaryFolder } from '../../../testing/temporary.ts';
import { startEmbedded } from './embedded.ts';
import type { Embedded } from './embedded.ts';
import { processesIn, readPidFile } from './postmaster.ts';

let folder: ReturnType<typeof temporaryFolder>;
let dir = '';
let running: Embedded[] = [];

beforeEach(() => {
  folder = temporaryFolder();
  dir = join(folder.path, 'data');
});
afterEach(async () => {
  await Promise.all(running.map((database) => database.stop()));
  running = [];
  folder.remove();
});

async function start(where = dir): Promise<Embedded> {
  const database = await startEmbedded({ dir: where, log: () => undefined });
  running.push(database);
  return database;
}

async function ask<T extends pg.QueryResultRow>(url: string, text: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Asks until the server is back: a restart takes as long as it takes. */
async function askPatiently<T extends pg.QueryResultRow>(url: string, text: string): Promise<T[]> {
  for (;;) {
    try {
      return await ask<T>(url, text);
    } catch {
      await sleep(50);
    }
  }
}

function postmasterPid(): number {
  return readPidFile(join(dir, 'pg'))?.pid ?? 0;
}

/** Starts a hub process that commits rows, kills it in the middle and answers the numbers it had seen acknowledged. */
async function killWhileWriting(alsoPostmaster: boolean): Promise<number[]> {
  const hub = runChild('hub-process.ts', ['write', dir]);
  expect(await hub.next()).toHaveProperty('url');
  const said: unknown[] = [];
  while (said.length < 100) said.push(await hub.next());
  if (alsoPostmaster) process.kill(postmasterPid(), 'SIGKILL');
  said.push(...(await hub.kill()));
  return said.flatMap((line) => (line !== null && typeof line === 'object' && 'n' in line && typeof line.n === 'number' ? [line.n] : []));
}

describe('the embedded database', () => {
  it('starts cold, stops without a process left, starts again with its rows', async () => {
    const first = await start();
    await ask(first.url, 'CREATE TABLE kept AS SELECT 7 AS n');
    await first.stop();
    expect(processesIn(join(dir, 'pg'))).toEqual([]);
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await ask(second.url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  });

  it('keeps its folder, socket and password to itself', async () => {
    const { url } = await start();
    expect(statSync(join(dir, 'run')).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, 'pg')).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, 'pg.secret')).mode & 0o777).toBe(0o600);
    const guess = new URL(url);
    guess.password = 'guess';
    await expect(ask(guess.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    const superuser = new URL(url);
    superuser.username = 'postgres';
    await expect(ask(superuser.href, 'SELECT 1')).rejects.toThrow('no pg_hba.conf entry');
  });

  it.runIf(process.platform === 'linux')('passes nothing of the hub environment on', async () => {
    process.env.WRIT_KEK = 'not-for-the-database';
    await start();
    delete process.env.WRIT_KEK;
    expect(readFileSync(`/proc/${postmasterPid()}/environ`, 'utf8')).not.toContain('WRIT_');
  });

  it('refuses a second start on the folder and names the process that has it', async () => {
    const hub = runChild('hub-process.ts', ['hold', dir]);
    expect(await hub.next()).toMatchObject({ adopted: false });
    await expect(startEmbedded({ dir, log: () => undefined })).rejects.toThrow(`in use by process ${hub.pid}`);
    expect(await hub.stop()).toBe(0);
    expect(processesIn(join(dir, 'pg'))).toEqual([]);
    await start();
  });
});

describe('after the hub was killed', () => {
  it('takes over the database that outlived it, with every acknowledged row', async () => {
    const acknowledged = await killWhileWriting(false);
    const survivor = postmasterPid();
    const database = await start();
    expect(database.adopted).toBe(true);
    expect(postmasterPid()).toBe(survivor);
    const rows = await ask<{ n: number }>(database.url, 'SELECT n FROM acknowledged');
    expect(acknowledged.length).toBeGreaterThanOrEqual(100);
    expect(acknowledged.filter((n) => !rows.some((row) => row.n === n))).toEqual([]);
    await database.stop();
    expect(processesIn(join(dir, 'pg'))).toEqual([]);
  });

  it('recovers a database that was killed with it, with every acknowledged row', async () => {
    const acknowledged = [...(await killWhileWriting(true)), ...(await killWhileWriting(true))];
    const database = await start();
    expect(database.adopted).toBe(false);
    const rows = await ask<{ n: number }>(database.url, 'SELECT n FROM acknowledged');
    expect(acknowledged.length).toBeGreaterThanOrEqual(200);
    expect(acknowledged.filter((n) => !rows.some((row) => row.n === n))).toEqual([]);
  });

  it('replaces a database that runs with other settings than ours', async () => {
    await killWhileWriting(false);
    const old = postmasterPid();
    writeFileSync(join(dir, 'postgresql.conf'), '# of an older hub\n');
    const database = await start();
    expect(database.adopted).toBe(false);
    expect(processesIn(join(dir, 'pg'))).not.toContain(old);
    expect(await ask(database.url, 'SELECT count(*) > 99 AS kept FROM acknowledged')).toEqual([{ kept: true }]);
  });

  it('revives an adopted database that is killed later', async () => {
    await killWhileWriting(false);
    const database = await start();
    const adopted = postmasterPid();
    process.kill(adopted, 'SIGKILL');
    expect(await askPatiently(database.url, 'SELECT count(*) > 99 AS kept FROM acknowledged')).toEqual([{ kept: true }]);
    await expect.poll(postmasterPid).not.toBe(adopted);
  });
});

describe('when things break', () => {
  it('starts a killed postmaster again on the same address', async () => {
    const { url } = await start();
    await ask(url, 'CREATE TABLE kept AS SELECT 7 AS n');
    const killed = postmasterPid();
    process.kill(killed, 'SIGKILL');
    await expect.poll(() => readPidFile(join(dir, 'pg'))?.pid !== killed && postmasterPid() > 0).toBe(true);
    expect(await askPatiently(url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  });

  it('stops cleanly also in the middle of a revival', async () => {
    const database = await start();
    process.kill(postmasterPid(), 'SIGKILL');
    await sleep(600);
    await database.stop();
    await expect.poll(() => processesIn(join(dir, 'pg'))).toEqual([]);
  });

  it('is not held up by a pid file whose number now belongs to somebody else', async () => {
    await killWhileWriting(true);
    const pidFile = join(dir, 'pg/postmaster.pid');
    const { uid, gid } = statSync(join(dir, 'pg'));
    const stranger = spawn('sleep', ['60'], { uid, gid, cwd: '/' });
    const [, ...rest] = readFileSync(pidFile, 'utf8').split('\n');
    writeFileSync(pidFile, [stranger.pid, ...rest].join('\n'));
    const { url } = await start();
    expect(await ask(url, 'SELECT count(*) > 99 AS kept FROM acknowledged')).toEqual([{ kept: true }]);
    expect(stranger.exitCode).toBeNull();
    stranger.kill();
  });

  it('is not held up by a pid file that a power cut left empty', async () => {
    await (await start()).stop();
    writeFileSync(join(dir, 'pg/postmaster.pid'), '');
    expect((await start()).adopted).toBe(false);
  });

  it('gives the login a new password when the secret was lost', async () => {
    const first = await start();
    await ask(first.url, 'CREATE TABLE kept AS SELECT 7 AS n');
    await first.stop();
    rmSync(join(dir, 'pg.secret'));
    const { url } = await start();
    expect(url).not.toBe(first.url);
    expect(await ask(url, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  });

  it('begins anew when the first start was cut off half-way', async () => {
    mkdirSync(join(dir, 'pg.draft.1234'), { recursive: true });
    writeFileSync(join(dir, 'pg.draft.1234/PG_VERSION'), '18');
    await start();
    expect(existsSync(join(dir, 'pg.draft.1234'))).toBe(false);
  });

  it('says which version wrote a folder that it cannot read', async () => {
    await (await start()).stop();
    writeFileSync(join(dir, 'pg/PG_VERSION'), '14\n');
    await expect(start()).rejects.toThrow('was written by Postgres 14');
  });

  it('keeps its log bounded and free of row values', async () => {
    const first = await start();
    await ask(first.url, 'CREATE TABLE private (secret text PRIMARY KEY)');
    await ask(first.url, `INSERT INTO private VALUES ('s3cr3t')`);
    await expect(ask(first.url, `INSERT INTO private VALUES ('s3cr3t')`)).rejects.toThrow('duplicate key');
    const log = readFileSync(join(dir, 'pg.log'), 'utf8');
    expect(log).toContain('duplicate key');
    expect(log).not.toContain('s3cr3t');
    await first.stop();
    writeFileSync(join(dir, 'pg.log'), 'x'.repeat(9 * 1024 * 1024));
    await start();
    expect(statSync(join(dir, 'pg.log')).size).toBeLessThan(100_000);
  });
});

describe('where the folder lies', () => {
  it('listens on 127.0.0.1 when the path is too long for a socket, and is adopted there as well', async () => {
    dir = join(folder.path, 'long'.repeat(30));
    const hub = runChild('hub-process.ts', ['hold', dir]);
    const said = JSON.stringify(await hub.next());
    expect(said).toContain('@127.0.0.1:');
    await hub.kill();
    const { url, adopted } = await start();
    expect(adopted).toBe(true);
    expect(said).toContain(url);
    const guess = new URL(url);
    guess.password = 'guess';
    await expect(ask(guess.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  it('does not mind odd letters in the path', async () => {
    const { url } = await start(join(folder.path, `o'd,d "ü" %20?#\\`));
    expect(await ask(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
