import { spawn } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { planted } from './planted.ts';

/** The program that stands in for the hub on the newer Node: says what it was given and which signals came, then ends with 7. */
const STAND_IN = `
let got = [];
const end = () => { console.log(got.join(' ')); process.exit(7); };
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => { got.push(name); setTimeout(end, 400); });
process.once('disconnect', () => { console.log('left alone'); process.exit(0); });
console.log(process.argv.slice(2).join(' '));
setTimeout(() => process.exit(9), 20000);
`;

/** A checkout whose launcher finds every real Node too old, and beside it a "Node 99" that runs the stand-in. */
function checkout(): string {
  const launcher = readFileSync(new URL('../packages/cli/bin/writ.mjs', import.meta.url), 'utf8');
  const bundled = `node_modules/node-${process.platform}-${process.arch}`;
  const root = planted({
    'packages/cli/bin/writ.mjs': launcher.replace('[22, 19]', '[99, 0]'),
    'packages/cli/bin/run-on.mjs': readFileSync(new URL('../packages/cli/bin/run-on.mjs', import.meta.url), 'utf8'),
    [`${bundled}/package.json`]: '{}',
    [`${bundled}/bin/node`]: `#!/bin/sh\nif [ "$1" = --version ]; then echo v99.0.0; else shift; exec '${process.execPath}' "$(dirname "$0")/stand-in.mjs" "$@"; fi\n`,
    [`${bundled}/bin/stand-in.mjs`]: STAND_IN,
  });
  chmodSync(join(root, bundled, 'bin/node'), 0o755);
  return root;
}

async function started(root: string) {
  const child = spawn(process.execPath, [join(root, 'packages/cli/bin/writ.mjs'), 'dev', '--port', '1'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const closed = once(child, 'close');
  await expect.poll(() => said).toContain('dev --port 1\n');
  return { pid: child.pid ?? 0, end: async () => ({ code: (await closed)[0], said: said.trim().split('\n') }) };
}

it.each(['SIGINT', 'SIGTERM'] as const)('passes the arguments, one %s and the exit status through to the newer Node', async (signal) => {
  const { pid, end } = await started(checkout());
  process.kill(pid, signal);
  expect(await end()).toEqual({ code: 7, said: ['dev --port 1', signal] });
});

it('turns the Ctrl-C that a terminal sends to the whole group and npm sends again into one', async () => {
  const { pid, end } = await started(checkout());
  process.kill(-pid, 'SIGINT');
  process.kill(pid, 'SIGINT');
  expect(await end()).toEqual({ code: 7, said: ['dev --port 1', 'SIGINT'] });
});

it('leaves nothing running when it is killed without a word', async () => {
  const { pid, end } = await started(checkout());
  process.kill(pid, 'SIGKILL');
  expect((await end()).said).toEqual(['dev --port 1', 'left alone']);
});

it('says which Node it needs when there is none', async () => {
  const launcher = readFileSync(new URL('../packages/cli/bin/writ.mjs', import.meta.url), 'utf8');
  const root = planted({
    'packages/cli/bin/writ.mjs': launcher.replace('[22, 19]', '[99, 0]'),
    'packages/cli/bin/run-on.mjs': 'export const runOn = 1;',
  });
  const child = spawn(process.execPath, [join(root, 'packages/cli/bin/writ.mjs')], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = await once(child, 'close');
  expect({ code, lines: said.trim().split('\n').length }).toEqual({ code: 1, lines: 1 });
  expect(said).toContain('needs Node 99.0 or newer');
});
