import type { Clock } from '../../base/clock.ts';
import type { Tx } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author } from '../audit/author.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { Audit } from '../audit/store.ts';
import type { Connection } from './connection.ts';
import type { CredentialConfig } from './credential-config.ts';
import { MOST_VERIFIED, type ImportRow, type RowFault } from './import.ts';
import { refreshParams, type OAuthServer } from './oauth-client.ts';
import type { Providers } from './provider.store.ts';
import { applyCredential } from './put.store.ts';
import type { Servers } from './servers.store.ts';
import { grantedOf } from './token-answer.ts';
import type { Vault } from './vault.store.ts';

export type ImportDeps = {
  audit: Audit;
  vault: Vault;
  clock: Clock;
  connections: { byId(id: string): Connection | undefined };
  servers: Pick<Servers, 'ofSecret'>;
  providers: Pick<Providers, 'token'>;
};

export type ImportWish = { rows: readonly ImportRow[]; by: Author; replace: boolean; verifyRefresh: boolean; dryRun: boolean };

/** `rows`: what became of each, in their order. */
export type Imported = { rows: { row: number; id: string; outcome: 'created' | 'changed' | 'unchanged' }[]; verified: number };
/**
 * `kept`: rows whose provider replaced their refresh token while it was verified. The old one is dead, so what replaced it is stored although the
 * rest is not: thrown away, the account would be lost.
 */
export type ImportFault = { faults: RowFault[]; kept: number[] };

/** Puts all rows or none. */
export async function importCredentials(deps: ImportDeps, wish: ImportWish): Promise<Result<Imported, ImportFault>> {
  const { verifyRefresh, rows } = wish;
  // Rehearsed first: a provider is asked only about rows that would be taken, and when every one of them could be verified.
  if (!verifyRefresh) return putAll(deps, wish, !wish.dryRun);
  const rehearsed = await putAll(deps, wish, false);
  const faults = [...(rehearsed.ok ? [] : rehearsed.error.faults), ...(await unverifiable(deps, rows))];
  if (!rehearsed.ok || faults.length > 0) return fail({ faults: faults.toSorted((a, b) => a.row - b.row), kept: [] });
  if (wish.dryRun) return rehearsed;
  const verified = await verifyAll(deps, rows);
  if (verified.faults.length === 0) {
    const stored = await putAll(deps, { ...wish, rows: verified.rows }, true);
    return stored.ok ? ok({ ...stored.value, verified: verified.asked }) : keepRotated(deps, wish, verified, stored.error.faults);
  }
  return keepRotated(deps, wish, verified, verified.faults);
}

async function keepRotated(
  deps: ImportDeps,
  wish: ImportWish,
  { rotated }: Verification,
  faults: RowFault[],
): Promise<Result<Imported, ImportFault>> {
  const kept = rotated.length === 0 ? undefined : await putAll(deps, { ...wish, rows: rotated }, true);
  return fail({
    faults: [...faults, ...(kept?.ok === false ? kept.error.faults : [])],
    kept: kept?.ok === true ? rotated.map(({ row }) => row) : [],
  });
}

/** A vault has the transaction, the entries come with it: one commit for all rows, or a rehearsal that is undone. */
async function putAll(
  { audit, vault }: ImportDeps,
  { rows, by, replace }: ImportWish,
  keep: boolean,
): Promise<Result<Imported, ImportFault>> {
  const done: Imported['rows'] = [];
  const deed = async (tx: Tx): Promise<Result<Done, RowFault[]>> => {
    const faults: RowFault[] = [];
    const all: { entries: Done['entries'][number][]; changed: Done['changed'][number][] } = { entries: [], changed: [] };
    done.length = 0;
    for (const { row, config } of rows) {
      const put = await applyCredential(tx, vault, config, by, 'import');
      const fault = put.ok ? (put.value.outcome === 'changed' && !replace ? TAKEN : undefined) : put.error;
      if (fault !== undefined) faults.push({ row, ...fault });
      if (!put.ok || fault !== undefined) continue;
      const { outcome, value, entries, changed } = put.value;
      all.entries.push(...entries);
      all.changed.push(...changed);
      done.push({ row, id: value.id, outcome: outcome === 'created' || outcome === 'changed' ? outcome : 'unchanged' });
    }
    return faults.length > 0 ? fail(faults) : ok(all);
  };
  const outcome = await commitDeed(audit, deed, keep);
  return outcome.ok ? ok({ rows: done, verified: 0 }) : fail({ faults: outcome.error, kept: [] });
}

const TAKEN = { field: 'owner', message: 'there is a credential already; say replace to put this over it' };

type Verification = { rows: ImportRow[]; rotated: ImportRow[]; faults: RowFault[]; asked: number };

const isOAuth = ({ config }: ImportRow): boolean => config.accessToken !== undefined;

/** Rows of which is known that they cannot be verified, before a provider has replaced anything for the others. */
async function unverifiable(deps: ImportDeps, rows: readonly ImportRow[]): Promise<RowFault[]> {
  const oauth = rows.filter(isOAuth);
  const beyond = oauth
    .slice(MOST_VERIFIED)
    .map(({ row }) => ({ row, field: 'refreshToken', message: `at most ${MOST_VERIFIED} are verified at once` }));
  const faults = await Promise.all(
    oauth.slice(0, MOST_VERIFIED).map(async ({ row, config }) => {
      const ready = await readyToVerify(deps, config);
      return ready.ok ? [] : [{ row, ...ready.error }];
    }),
  );
  return [...faults.flat(), ...beyond];
}

/**
 * Refreshes row by row and stops at the first that is refused: each success may have made a provider replace a token, so none is asked in vain.
 */
async function verifyAll(deps: ImportDeps, rows: readonly ImportRow[]): Promise<Verification> {
  const done: Verification = { rows: [], rotated: [], faults: [], asked: 0 };
  for (const row of rows) {
    const verified = isOAuth(row) ? await verifyOne(deps, row.config) : ok({ config: row.config, rotated: false });
    if (!verified.ok) return { ...done, faults: [{ row: row.row, ...verified.error }] };
    const now = { row: row.row, config: verified.value.config };
    done.rows.push(now);
    if (isOAuth(row)) done.asked += 1;
    if (verified.value.rotated) done.rotated.push(now);
  }
  return done;
}

type Fault = { field: string; message: string };

async function readyToVerify(
  deps: ImportDeps,
  config: CredentialConfig,
): Promise<Result<{ server: OAuthServer; refreshToken: string }, Fault>> {
  const { accessToken, refreshToken } = config;
  const connection = deps.connections.byId(config.connection);
  if (refreshToken === undefined || !('value' in refreshToken) || accessToken === undefined || !('value' in accessToken))
    return fail({ field: 'refreshToken', message: 'there is none, so nothing can be verified' });
  // A row that names no connection is told so by whoever puts it.
  if (connection !== undefined && connection.state !== 'active') return fail({ field: 'connection', message: 'it is frozen' });
  const secret = { kind: 'oauth', accessToken: accessToken.value, refreshToken: refreshToken.value } as const;
  const server = connection === undefined ? undefined : await deps.servers.ofSecret(connection, secret);
  if (server?.ok !== true) return fail({ field: 'connection', message: server?.error.words ?? 'there is none to verify it with' });
  return ok({ server: server.value, refreshToken: refreshToken.value });
}

async function verifyOne(
  deps: ImportDeps,
  config: CredentialConfig,
): Promise<Result<{ config: CredentialConfig; rotated: boolean }, Fault>> {
  const ready = await readyToVerify(deps, config);
  if (!ready.ok) return ready;
  const { server, refreshToken } = ready.value;
  const answer = await deps.providers.token(server, refreshParams(server, refreshToken));
  if (answer.kind !== 'tokens') return fail({ field: 'refreshToken', message: `the provider did not renew it: ${answer.words}` });
  const { tokens } = answer;
  const granted = tokens.said === undefined ? config.scopes : grantedOf(config.scopes ?? [...tokens.said], tokens.said, server.quirks);
  return ok({
    config: {
      ...config,
      accessToken: { value: tokens.accessToken },
      refreshToken: { value: tokens.refreshToken ?? refreshToken },
      scopes: granted,
      expiresAt: tokens.expiresAt === undefined ? undefined : new Date(tokens.expiresAt).toISOString(), // reason: a stored moment in words, not of the clock
    },
    rotated: tokens.refreshToken !== undefined && tokens.refreshToken !== refreshToken,
  });
}
