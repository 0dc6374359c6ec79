import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystemResolve } from './resolve.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'writ-hosts-'));
  await writeFile(join(folder, 'hosts'), '# comment db.test\n127.0.0.5\tdb.test  Cache.test # db2.test\n\n::1 db.test\n');
});

afterAll(() => rm(folder, { recursive: true }));

describe('the system resolver', () => {
  it.each([
    ['localhost', ['127.0.0.1', '::1']],
    ['app.localhost', ['127.0.0.1', '::1']],
    ['db.test', ['127.0.0.5', '::1']],
    ['cache.test', ['127.0.0.5']],
  ])('knows %s without asking anybody', async (name, addresses) => {
    expect(await createSystemResolve(join(folder, 'hosts'))(name)).toEqual(addresses);
  });
});
