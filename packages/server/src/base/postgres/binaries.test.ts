import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runChild } from '../../../testing/child.ts';
import { temporaryFolder } from '../../../testing/temporary.ts';
import { findPackage, makeLinks, prepareBinaries } from './binaries.ts';
import { settleHome } from './home.ts';
import { firstBarrier } from './os-user.ts';
import { binaryVersion } from './run.ts';

const asRoot = process.getuid?.() === 0;
const nobody = { uid: 65_534, gid: 65_534 };
let folder: ReturnType<typeof temporaryFolder>;
let root = '';

/** The package as an install without scripts leaves it. */
beforeEach(() => {
  folder = temporaryFolder();
  root = join(folder.path, 'package');
  cpSync(findPackage(), root, { recursive: true, verbatimSymlinks: true });
  for (const name of readdirSync(join(root, 'native/lib'))) {
    const path = join(root, 'native/lib', name);
    if (lstatSync(path).isSymbolicLink()) rmSync(path);
  }
});
afterEach(() => folder.remove());

describe('the binaries from npm', () => {
  it('do not run without the links and run with them', async () => {
    const runner = { binaries: { bin: join(root, 'native/bin'), env: {} }, user: undefined };
    await expect(binaryVersion(runner)).rejects.toThrow('loading shared libraries');
    expect(makeLinks(root)).toEqual([]);
    expect(readlinkSync(join(root, 'native/lib/libpq.so.5'))).toMatch(/^libpq\.so\.5\.\d+$/);
    expect(await binaryVersion(runner)).toMatch(/^18\.\d+$/);
    expect(makeLinks(root)).toEqual([]);
  });

  it('name a missing or broken program and say what to do', async () => {
    const runner = { binaries: { bin: folder.path, env: {} }, user: undefined };
    await expect(binaryVersion(runner)).rejects.toMatchObject({ code: 'no_binaries' });
    writeFileSync(join(folder.path, 'postgres'), '#!/no/such/loader\n', { mode: 0o755 });
    await expect(binaryVersion(runner)).rejects.toThrow('WRIT_DATABASE_URL');
  });

  it.runIf(asRoot)('are copied to where the unprivileged user can go when the package lies in a closed folder', async () => {
    chmodSync(root, 0o700);
    expect(firstBarrier(join(root, 'native/bin/postgres'), nobody)).toBe(root);
    const shelf = join(folder.path, 'shelf');
    const binaries = prepareBinaries(root, nobody, join(folder.path, 'links'), shelf);
    expect(binaries.bin.startsWith(shelf)).toBe(true);
    expect(await binaryVersion({ binaries, user: nobody })).toMatch(/^18\./);
    expect(prepareBinaries(root, nobody, join(folder.path, 'links'), shelf)).toEqual(binaries);
    expect(readdirSync(shelf)).toHaveLength(1);
  });

  it.runIf(asRoot)('run for an ordinary user from a package that is read-only and has no links', async () => {
    const home = join(folder.path, 'home');
    mkdirSync(home);
    chownSync(home, nobody.uid, nobody.gid);
    const hub = runChild('package-process.ts', [join(home, 'data'), root], nobody);
    expect(await hub.next()).toMatchObject({ libraries: join(home, 'data/pg.lib'), version: expect.stringContaining('18.') });
    expect(await hub.stop()).toBe(0);
    expect(existsSync(join(root, 'native/lib/libpq.so.5'))).toBe(false);
  });
});

describe.runIf(asRoot)('the place of the cluster', () => {
  it('moves to the shelf when the data folder is closed to the unprivileged user, and stays there', () => {
    const closed = join(folder.path, 'closed');
    const dir = join(closed, 'data');
    const shelf = join(folder.path, 'shelf');
    mkdirSync(dir, { recursive: true });
    chmodSync(closed, 0o700);
    const said: string[] = [];
    const place = settleHome(dir, nobody, (message) => said.push(message), shelf);
    expect(place.startsWith(join(shelf, 'clusters'))).toBe(true);
    expect(firstBarrier(place, nobody)).toBeUndefined();
    expect(readFileSync(join(dir, 'pg.location'), 'utf8').trim()).toBe(place);
    expect(said.join()).toContain(`may not enter ${closed}`);
    expect(settleHome(dir, nobody, () => undefined, shelf)).toBe(place);
    rmSync(place, { recursive: true });
    expect(() => settleHome(dir, nobody, () => undefined, shelf)).toThrow('is not there');
  });

  it('is never moved once a cluster is there: the message says what closes the way', () => {
    const closed = join(folder.path, 'closed');
    mkdirSync(join(closed, 'data/pg'), { recursive: true });
    chownSync(join(closed, 'data/pg'), nobody.uid, nobody.gid);
    chmodSync(closed, 0o700);
    expect(() => settleHome(join(closed, 'data'), nobody, () => undefined)).toThrow(`may not enter ${closed}`);
  });

  it('is refused to a hub that is another user than the owner', () => {
    const dir = join(folder.path, 'data');
    mkdirSync(join(dir, 'pg'), { recursive: true });
    chownSync(join(dir, 'pg'), 12_345, 12_345);
    expect(() => settleHome(dir, nobody, () => undefined)).toThrow('belongs to user 12345');
  });
});
