// Builds the console (packages/console) when its sources changed since the last build; says nothing otherwise. Runs on the project's Node:
// `node tools/console.mjs`, with --force in any case.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { buildConsole } from '../packages/console/build.mjs';
import { filesBelow } from './files.mjs';

const ROOT = join(fileURLToPath(import.meta.url), '..', '..');
const DIST = join(ROOT, 'packages', 'console', 'dist');
const SITE = join(DIST, 'site');
const STAMP = join(DIST, '.built-from');
/** What ends up in the bundle: the console and the pure packages that it shares with the hub. */
const SOURCES = ['console', 'admin-api', 'policy', 'flow', 'protocol'];
const BUNDLED = /\.(tsx?|mjs|css|html|json|svg)$/;

const wanted = fingerprint();
const isBuilt = existsSync(STAMP) && existsSync(join(SITE, 'index.html')) && readFileSync(STAMP, 'utf8') === wanted;
if (!isBuilt || process.argv.includes('--force')) {
  const began = performance.now();
  await buildConsole();
  const size = pack();
  mkdirSync(DIST, { recursive: true });
  writeFileSync(STAMP, wanted);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  process.stdout.write(`The console was built in ${seconds} s (${Math.round(size / 1024)} KB on the wire in all).\n`);
}

/** Names, sizes and times are enough to see that nothing was touched, and quicker than reading everything. */
function fingerprint() {
  const digest = createHash('sha256').update(readFileSync(join(ROOT, 'package-lock.json')));
  for (const name of SOURCES)
    for (const path of filesBelow(ROOT, `packages/${name}`, BUNDLED)) {
      const { size, mtimeMs } = statSync(join(ROOT, path));
      digest.update(`${path} ${size} ${mtimeMs}\n`);
    }
  return digest.digest('hex');
}

/** Writes each file packed beside itself, once here instead of at every request. The sum of what browsers get. */
function pack() {
  const places = [SITE, join(SITE, 'assets')];
  const files = places
    .flatMap((place) => readdirSync(place).map((name) => join(place, name)))
    .filter((path) => /\.(html|js|css|svg)$/.test(path));
  return files.reduce((sum, path) => {
    const plain = readFileSync(path);
    const small = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
    writeFileSync(`${path}.br`, small);
    writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
    return sum + small.length;
  }, 0);
}
