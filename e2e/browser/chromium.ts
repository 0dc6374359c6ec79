import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';
import { describe } from 'vitest';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** The Chromium of this machine. Nothing is downloaded: without one these tests are skipped, and say so. */
export const CHROMIUM = NAMES.flatMap((name) => (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name))).find(
  (file) => existsSync(file),
);

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Whatever a page or a redirect names, nothing beyond loopback is looked up, let alone reached.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
];

export function launch(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('no chromium');
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
}

if (CHROMIUM === undefined) process.stdout.write(`browser journeys: skipped, none of ${NAMES.join(', ')} is installed\n`);

/** Tests in a real browser; counted as skipped where there is none. */
export const inBrowser = CHROMIUM === undefined ? describe.skip : describe;
