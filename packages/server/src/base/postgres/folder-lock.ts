import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresRefused } from './refusal.ts';

export type FolderLock = { release(): void };

const SQLITE_BUSY = 5;
/** Two who start at the same instant may each see the other's first, shared step: within this time one of them gets through. */
const SETTLE_MS = 250;

/** A lock lives as long as its open file: an unreferenced handle would be collected, and the lock with it. */
const held = new Set<DatabaseSync>();

/**
 * Takes the folder for this process until `release()` or the end of the process, however it ends.
 *
 * Node has no file locks of its own, SQLite takes them from the kernel (`fcntl`): an empty database, opened exclusively, is a lock that
 * a crash cannot leave behind, that children do not inherit, and that holds between containers which share the folder. A file with a
 * process id in it could do none of this: ids are used again, and two who find a stale one can both replace it.
 *
 * Throws `PostgresRefused('folder_locked')`, naming the holder, when somebody else has it.
 */
export async function lockFolder(dir: string): Promise<FolderLock> {
  const file = openLock(dir);
  if (!takeExclusively(file)) {
    file.close();
    const holder = await holderOf(dir);
    throw new PostgresRefused(
      'folder_locked',
      `The data folder ${dir} is in use by ${holder === undefined ? 'another process' : `process ${holder}`}.`,
    );
  }
  held.add(file);
  writeHolder(dir);
  let open = true;
  return {
    release() {
      if (!open) return;
      open = false;
      rmSync(join(dir, 'lock.pid'), { force: true });
      held.delete(file);
      file.close();
    },
  };
}

function openLock(dir: string): DatabaseSync {
  try {
    const file = new DatabaseSync(join(dir, 'lock'), { timeout: SETTLE_MS });
    // Who can read the file can lock it.
    chmodSync(join(dir, 'lock'), 0o600);
    return file;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PostgresRefused(
      'wrong_owner',
      `The hub cannot lock its data folder ${dir} (${reason}): start it as the user that made the folder.`,
    );
  }
}

function takeExclusively(file: DatabaseSync): boolean {
  try {
    file.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return false;
    throw error;
  }
}

/** The id stands beside the lock, not in it: opening and closing the locked file again would drop the kernel's lock (POSIX rule). */
function writeHolder(dir: string): void {
  const draft = join(dir, `lock.pid.${process.pid}`);
  writeFileSync(draft, `${process.pid}\n`, { mode: 0o600 });
  renameSync(draft, join(dir, 'lock.pid'));
}

/** The holder writes its id just after it got the lock; until then the file is missing or still tells of a dead one. */
async function holderOf(dir: string): Promise<number | undefined> {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const pid = readHolder(dir);
    if (pid !== undefined && isAlive(pid)) return pid;
    await sleep(20);
  }
  return undefined;
}

function readHolder(dir: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(dir, 'lock.pid'), 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
