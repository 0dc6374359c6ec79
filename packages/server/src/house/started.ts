import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { canonical } from '../base/canonical.ts';
import type { Config } from '../config.ts';
import type { EventDraft } from '../rooms/audit/event.ts';
import { hubAuthor } from '../rooms/audit/author.ts';

/** As the package says it. */
function versionOfHub(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/**
 * What the environment says, as a digest: two nodes, or two starts, that differ in it are told apart. Nothing of it that is secret, or may hold a
 * password, goes in: what is guessed easily would be found by its digest.
 */
export function settingsDigest(config: Readonly<Config>): string {
  const { mode, issuer, port, host, dataDir, configPath = null, logLevel, allowLoopback, sinkNetworks, flowNetworks } = config;
  const said = {
    mode,
    issuer,
    port,
    host,
    dataDir,
    configPath,
    logLevel,
    allowLoopback,
    sinkNetworks,
    flowNetworks,
    database: config.databaseUrl === undefined ? 'embedded' : 'external',
    mail: config.smtpUrl !== undefined,
    adminToken: config.adminToken !== undefined,
  };
  return hash('sha256', canonical(said), 'base64url');
}

/** The entry of a start. */
export function hubStarted(config: Readonly<Config>): EventDraft {
  const { initiator, actor, origin } = hubAuthor('start');
  return {
    type: 'hub.started',
    initiator,
    actor,
    target: { type: 'hub', id: config.issuer },
    outcome: 'success',
    origin,
    data: { mode: config.mode, settings: settingsDigest(config), version: versionOfHub() },
  };
}
