import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runChild } from '../../../testing/child.ts';
import { temporaryFolder } from '../../../testing/temporary.ts';
import { lockFolder } from './folder-lock.ts';

describe('the lock of a data folder', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  it('is won by exactly one of two processes that start together, twenty times', async () => {
    for (let round = 0; round < 20; round += 1) {
      const dir = temporaryFolder();
      const both = [runChild('hub-process.ts', ['lock', dir.path]), runChild('hub-process.ts', ['lock', dir.path])];
      const said = await Promise.all(both.map((child) => child.next()));
      const winner = both.findIndex((_, index) => JSON.stringify(said[index]).includes('held'));
      const holder = both[winner]?.pid;
      expect(said[winner]).toEqual({ held: holder });
      expect(said[1 - winner]).toEqual({
        refused: 'folder_locked',
        message: `The data folder ${dir.path} is in use by process ${holder}.`,
      });
      await Promise.all(both.map((child) => child.kill()));
      dir.remove();
    }
  });

  it('does not outlive the process that held it, even one that was killed', async () => {
    const holder = runChild('hub-process.ts', ['lock', folder.path]);
    expect(await holder.next()).toEqual({ held: holder.pid });
    await expect(lockFolder(folder.path)).rejects.toThrow(`process ${holder.pid}`);
    await holder.kill();
    const lock = await lockFolder(folder.path);
    lock.release();
  });

  it('refuses a second taking in the same process, and is free after release', async () => {
    const lock = await lockFolder(folder.path);
    await expect(lockFolder(folder.path)).rejects.toMatchObject({ code: 'folder_locked' });
    lock.release();
    (await lockFolder(folder.path)).release();
  });

  it('is not impressed by a process id that somebody left in the folder', async () => {
    writeFileSync(join(folder.path, 'lock.pid'), `${process.ppid}\n`);
    const lock = await lockFolder(folder.path);
    expect(readFileSync(join(folder.path, 'lock.pid'), 'utf8')).toBe(`${process.pid}\n`);
    lock.release();
  });
});
