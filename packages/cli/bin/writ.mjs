#!/usr/bin/env node
// The door to every verb. It must parse on any Node from 18 on, because its first deed is to leave a Node that is too old:
// the hub needs 22.19, and a checkout brings its own Node from npm, so nobody has to install one.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runOn } from './run-on.mjs';

const OLDEST = [22, 19];
const here = dirname(fileURLToPath(import.meta.url));
const program = join(here, '..', 'dist', 'main.js');

/** True when a version such as `v24.1.0` is new enough for the hub. */
function isNewEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** The Node that npm installed beside us, when it is there and runs on this machine; otherwise undefined. */
function bundledNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/package.json`);
    const path = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    const asked = spawnSync(path, ['--version'], { encoding: 'utf8' });
    return asked.status === 0 && isNewEnough(asked.stdout.trim()) ? path : undefined;
  } catch {
    return undefined;
  }
}

/** In a checkout the program may not be built yet; an installed package always brings it. Quiet unless it fails. */
function buildIfMissing() {
  if (existsSync(program)) return;
  const root = join(here, '..', '..', '..');
  const compiler = join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
  if (!existsSync(compiler)) fail('This checkout is not set up yet. Run: npm start');
  process.stderr.write('Building writ (first run) …\n');
  const built = spawnSync(process.execPath, [compiler, '-b', 'packages/cli'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (built.status !== 0 || !existsSync(program)) fail('The build did not finish. Run: npm start');
}

function fail(sentence) {
  process.stderr.write(`writ: ${sentence}\n`);
  process.exit(1);
}

if (isNewEnough(process.version)) {
  // Started by run-on.mjs: when whoever started us is gone, nobody is left to stop us.
  if (process.channel !== undefined) {
    process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
    process.channel.unref();
  }
  buildIfMissing();
  await import(pathToFileURL(program).href);
} else {
  const node = bundledNode();
  if (node === undefined) fail(`needs Node ${OLDEST.join('.')} or newer; this is ${process.version}. In a checkout run: npm start`);
  runOn(node, [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
}
