import { resolve } from 'node:path';
import { readConfig, startHub } from '@writ/server';
import type { Config, Hub } from '@writ/server';
import type { Sample } from '@writ/sample-mcp';
import { ADMINISTRATOR } from '../demo/config.ts';
import { demoLogins, sampleCredentials, seedDemo, settleSample } from '../demo/seed.ts';
import { apiOver } from '../hub/api.ts';
import type { AdminApi } from '../hub/api.ts';
import { removeDevFile, writeDevFile } from '../hub/dev-file.ts';
import { textAt } from '../json.ts';
import { codeOf, Refused } from '../refused.ts';
import { aborted, untilStopped } from '../terminal/stop.ts';
import { printJsonLine } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { banner, clientLines } from './banner.ts';
import type { Running } from './banner.ts';
import { freePair } from './ports.ts';
import { protect } from './protect.ts';

export type DevOptions = { protect?: string; empty?: boolean; port?: number; data?: string; json?: boolean };

/** Runs the hub, the demo and the sample until somebody stops them; then everything ends in order. */
export async function runDev(options: DevOptions, to: Terminal): Promise<void> {
  const port = options.port === 0 ? await freePair() : options.port;
  const config = readConfig(to.env, 'dev', { port, dataDir: options.data });
  await untilStopped(async (signal) => {
    const undo: (() => Promise<void> | void)[] = [];
    try {
      const running = await startAll(config, options, to, undo);
      if (signal.aborted) return;
      show(to, running, options.json === true);
      await aborted(signal);
      to.note('Stopping …');
    } finally {
      for (const stop of undo.toReversed()) await stop();
    }
  });
}

async function startAll(
  config: Readonly<Config>,
  options: DevOptions,
  to: Terminal,
  undo: (() => Promise<void> | void)[],
): Promise<Running> {
  const hub = await startHub(config, { onProgress: (sentence) => to.note(sentence) });
  undo.push(() => hub.close());
  // A token that the environment gave is not ours to write down.
  writeDevFile(config.dataDir, {
    url: hub.url,
    ...(config.adminToken === undefined && hub.adminToken !== undefined ? { adminToken: hub.adminToken } : {}),
  });
  undo.push(() => removeDevFile(config.dataDir));
  const api = inProcess(hub);
  const sample = options.empty === true ? undefined : await startDemo(config, api, hub, to);
  if (sample !== undefined) undo.push(() => sample.close());
  return {
    url: hub.url,
    console: await consoleLink(api, hub),
    dataDir: resolve(config.dataDir),
    mails: config.smtpUrl === undefined ? `${hub.url}/dev/mail` : undefined,
    logins: await demoLogins(api),
    sample: sample?.url,
    protected: options.protect === undefined ? undefined : await protect(api, options.protect),
    isExposed: !['127.0.0.1', 'localhost', '::1'].includes(config.host),
  };
}

/** The console is opened by a person: Ann of the demo, else whoever is there. */
async function consoleLink(api: AdminApi, hub: Hub): Promise<string | undefined> {
  const users = (await api.list('users', { state: 'active' }, 100)).items.map((user) => textAt(user, 'id'));
  const user = users.find((id) => id === ADMINISTRATOR) ?? users[0];
  return user === undefined ? undefined : hub.consoleLink(user);
}

/** No socket between: works also where the issuer is a name that only resolves outside. */
function inProcess(hub: Hub): AdminApi {
  return apiOver(hub.url, async (method, path, body) => {
    const init = body === undefined ? { method } : { method, body, headers: { 'content-type': 'application/json' } };
    const answer = await hub.admin(path, init);
    return { status: answer.status, body: await answer.text() };
  });
}

/** Seeds an empty database and starts the sample, if the hub (still) knows it. */
async function startDemo(config: Readonly<Config>, api: AdminApi, hub: Hub, to: Terminal): Promise<Sample | undefined> {
  const port = config.port + 1;
  const url = `http://localhost:${port}/mcp`;
  if (await seedDemo(api, url)) to.note('Demo data is in place.');
  if (!(await settleSample(api, url))) return undefined;
  const { startSample } = await import('@writ/sample-mcp');
  try {
    const credentials = (await sampleCredentials(api)) ?? (hub.adminToken === undefined ? undefined : { adminToken: hub.adminToken });
    return await startSample({ port, issuer: config.issuer, resource: url, credentials });
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error;
    throw new Refused(
      `Port ${port}, which the sample MCP server needs, is in use. Stop what uses it, choose other ports with --port, or leave the demo out with --empty.`,
    );
  }
}

function show(to: Terminal, running: Running, json: boolean): void {
  if (!json) return banner(to, running).forEach(to.print);
  const lines = running.sample === undefined ? [] : clientLines('acme', running.sample);
  printJsonLine(to, { ...running, add: Object.fromEntries(lines.map(({ name, line }) => [name, line])) });
}
