import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { PostgresRefused } from './refusal.ts';

/** Whom Postgres runs as. Undefined everywhere it stands: as the hub itself. */
export type OsUser = { uid: number; gid: number };

/**
 * Postgres refuses to run as root, rightly, so a hub that is root needs somebody else: the owner of the cluster that is there, else
 * `postgres` or `writ` when the machine knows them, else a new system user `writ`, else `nobody`. A number without a name will not do:
 * initdb asks the machine for its own name.
 */
export function postgresUser(cluster: string): OsUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(cluster, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const user = findUser('postgres') ?? findUser('writ') ?? createUser('writ') ?? findUser('nobody');
  if (user !== undefined) return user;
  throw new PostgresRefused(
    'no_os_user',
    'Postgres may not run as root and this machine has no other user: start the hub as an ordinary user.',
  );
}

function findUser(name: string): OsUser | undefined {
  for (const line of readPasswd().split('\n')) {
    const [login, , uid, gid] = line.split(':');
    if (login === name && Number(uid) > 0) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

function readPasswd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch {
    return '';
  }
}

/** The two programs are Debian's and Alpine's; where neither is there, the caller goes on without. */
function createUser(name: string): OsUser | undefined {
  const made = spawnSync('useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', name], { stdio: 'ignore' });
  if (made.status !== 0) spawnSync('adduser', ['-S', '-D', '-H', '-s', '/sbin/nologin', name], { stdio: 'ignore' });
  return findUser(name);
}

/** The first folder on the way to `path` (it included) that `user` may not enter, by the mode bits, or undefined. */
export function firstBarrier(path: string, user: OsUser): string | undefined {
  const way: string[] = [];
  for (let step = realpathSync(path); ; step = dirname(step)) {
    way.unshift(step);
    if (step === dirname(step)) break;
  }
  return way.find((step) => !mayEnter(step, user));
}

function mayEnter(path: string, user: OsUser): boolean {
  const { mode, uid, gid } = statSync(path);
  if (uid === user.uid) return (mode & 0o100) !== 0;
  return (mode & (gid === user.gid ? 0o010 : 0o001)) !== 0;
}

/** Makes a folder that `user` alone can read, or leaves one that is there. */
export function makePrivate(path: string, user: OsUser | undefined): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (user !== undefined) chownSync(path, user.uid, user.gid);
  chmodSync(path, 0o700);
}

/** Lets `user` pass through a folder of ours to what it owns inside, without letting it list the folder. */
export function letPass(path: string, user: OsUser | undefined): void {
  if (user !== undefined && !mayEnter(path, user)) chmodSync(path, (statSync(path).mode & 0o777) | 0o011);
}
