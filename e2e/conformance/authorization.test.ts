import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { story, walk } from '../driver/walk.ts';
import { ANN, bareEnvironment, freePort, protectSample, startHub, temporaryFolder } from '../harness.ts';
import type { Hub, Protected } from '../harness.ts';
import { installPackages, programIn } from '../packages.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** Revisions of MCP, and how many checks the suite has for each. */
const VERSIONS = [
  ['2025-03-26', 2],
  ['2025-06-18', 2],
  ['2025-11-25', 3],
  ['2026-07-28', 3],
] as const;
const checks = z.array(z.object({ id: z.string(), status: z.string(), errorMessage: z.string().optional() }));

let hub: Hub;
let guarded: Protected;

beforeAll(async () => {
  installPackages(HERE);
  hub = await startHub();
  guarded = await protectSample(hub, {
    clients: [{ id: 'conformance', name: 'MCP conformance', public: true, redirectUris: ['http://127.0.0.1/callback'] }],
  });
}, 280_000);

afterAll(async () => {
  await guarded?.close();
  await hub?.stop();
});

/** Runs the suite's authorization mode once, with the driver as its browser. */
async function run(version: string): Promise<{ status: number; output: string; found: z.infer<typeof checks> }> {
  const folder = temporaryFolder();
  const program = programIn(HERE, '@modelcontextprotocol/conformance/dist/index.js');
  const target = ['--url', hub.issuer, '--client-id', 'conformance', '--resource', guarded.sample.url];
  const rest = ['--port', String(await freePort()), '--spec-version', version, '-o', folder.path];
  const child = spawn(process.execPath, [program, 'authorization', ...target, ...rest], {
    cwd: folder.path,
    env: bareEnvironment(),
    timeout: 170_000,
  });
  let output = '';
  let opened: Promise<unknown> | undefined;
  const hear = (part: Buffer): void => {
    output += part.toString();
    const url = /http:\/\/localhost:\d+\/oauth\/authorize\?\S+/.exec(output)?.[0];
    if (url !== undefined)
      opened ??= walk(url, { ...ANN, allow: 'all' }).then(
        (walked) => (output += `\n${story(walked).join('\n')}`),
        (error: unknown) => (output += String(error)),
      );
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const [status] = await once(child, 'close');
  await opened;
  const files = globSync('**/checks.json', { cwd: folder.path });
  const found = files.flatMap((file) => checks.parse(JSON.parse(readFileSync(join(folder.path, file), 'utf8'))));
  folder.remove();
  return { status: Number(status), output, found };
}

test.each(VERSIONS)('the MCP conformance suite has no complaint and no warning about the hub as of %s', async (version, count) => {
  const { status, output, found } = await run(version);
  const complaints = found.filter((check) => check.status !== 'SUCCESS');
  // The output says why; an empty list alone could also mean that nothing ran.
  expect({ complaints, enough: found.length >= count, status, output }).toEqual({ complaints: [], enough: true, status: 0, output });
});
