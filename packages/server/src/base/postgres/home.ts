import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { replaceFile } from './cluster.ts';
import { firstBarrier, letPass } from './os-user.ts';
import type { OsUser } from './os-user.ts';
import { PostgresRefused } from './refusal.ts';

/** Where root puts what an unprivileged user must reach and cannot reach in the data folder. */
export const SHELF = '/var/lib/writ';

/** The folder that holds the cluster: the data folder itself, or the one its `pg.location` names. */
export function currentHome(dir: string): string {
  const pointer = join(dir, 'pg.location');
  return existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : dir;
}

/**
 * Decides where the cluster lives and opens the way to it. A data folder below /root is closed to the user Postgres runs as, and
 * opening /root is not ours to do: then the cluster lives on the shelf and `pg.location` in the data folder says where.
 */
export function settleHome(dir: string, user: OsUser | undefined, log: (message: string) => void, shelf = SHELF): string {
  const home = currentHome(dir);
  checkOwner(join(home, 'pg'), user);
  if (home !== dir && !existsSync(home)) {
    throw new PostgresRefused(
      'unreachable',
      `${join(dir, 'pg.location')} names ${home}, which is not there: bring it back, or remove that file to start empty.`,
    );
  }
  letPass(home, user);
  const barrier = user === undefined ? undefined : firstBarrier(dirname(home), user);
  if (barrier === undefined) return home;
  if (home !== dir || existsSync(join(dir, 'pg'))) {
    throw new PostgresRefused(
      'unreachable',
      `User ${user?.uid ?? ''} owns the database in ${home} but may not enter ${barrier}: move the data folder, or chmod o+x ${barrier}.`,
    );
  }
  const place = join(shelf, 'clusters', randomBytes(8).toString('hex'));
  mkdirSync(place, { recursive: true, mode: 0o711 });
  for (const step of [shelf, dirname(place), place]) letPass(step, user);
  replaceFile(join(dir, 'pg.location'), `${place}\n`, 0o600);
  log(`the database of ${dir} lives in ${place}, because the user Postgres runs as may not enter ${barrier}; back up both`);
  return place;
}

function checkOwner(cluster: string, user: OsUser | undefined): void {
  const owner = statSync(cluster, { throwIfNoEntry: false })?.uid;
  const expected = user?.uid ?? process.getuid?.();
  if (owner === undefined || expected === undefined || owner === expected) return;
  throw new PostgresRefused(
    'wrong_owner',
    `${cluster} belongs to user ${owner}, the hub runs as ${expected}: start it as the user (or root) that made the folder.`,
  );
}
