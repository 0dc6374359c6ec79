import type { Clock } from '../../base/clock.ts';
import type { Tx } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author } from '../audit/author.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { Audit } from '../audit/store.ts';
import type { Connection } from './connection.ts';
import type { CredentialConfig } from './credential-config.ts';
import { MOST_VERIFIED, type ImportRow, type RowFault } from './import.ts';
import { refreshParams } from './oauth-client.ts';
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
  // Rehearsed first: a provider is asked only about rows that would be taken.
  if (!verifyRefresh || wish.dryRun) return putAll(deps, wish, !wish.dryRun);
  const rehearsed = await putAll(deps, wish, false);
  if (!rehearsed.ok) return rehearsed;
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

/**
 * Refreshes row by row and stops at the first that is refused: each success may have made a provider replace a token, so none is asked in vain.
 */
async function verifyAll(deps: ImportDeps, rows: readonly ImportRow[]): Promise<Verification> {
  const done: Verification = { rows: [], rotated: [], faults: [], asked: 0 };
  const isOAuth = ({ config }: ImportRow): boolean => config.accessToken !== undefined;
  const [first] = rows.filter(isOAuth).slice(MOST_VERIFIED);
  if (first !== undefined)
    return { ...done, faults: [{ row: first.row, field: 'refreshToken', message: `at most ${MOST_VERIFIED} are verified at once` }] };
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

async function verifyOne(
  deps: ImportDeps,
  config: CredentialConfig,
): Promise<Result<{ config: CredentialConfig; rotated: boolean }, Fault>> {
  const { accessToken, refreshToken } = config;
  const connection = deps.connections.byId(config.connection);
  if (refreshToken === undefined || !('value' in refreshToken) || accessToken === undefined || !('value' in accessToken))
    return fail({ field: 'refreshToken', message: 'there is none, so nothing can be verified' });
  if (connection?.state !== 'active') return fail({ field: 'connection', message: 'it is frozen' });
  const secret = { kind: 'oauth', accessToken: accessToken.value, refreshToken: refreshToken.value } as const;
  const server = await deps.servers.ofSecret(connection, secret);
  if (!server.ok) return fail({ field: 'connection', message: server.error.words });
  const answer = await deps.providers.token(server.value, refreshParams(server.value, refreshToken.value));
  if (answer.kind !== 'tokens') return fail({ field: 'refreshToken', message: `the provider did not renew it: ${answer.words}` });
  const { tokens } = answer;
  const granted =
    tokens.said === undefined ? config.scopes : grantedOf(config.scopes ?? [...tokens.said], tokens.said, server.value.quirks);
  return ok({
    config: {
      ...config,
      accessToken: { value: tokens.accessToken },
      refreshToken: { value: tokens.refreshToken ?? refreshToken.value },
      scopes: granted,
      expiresAt: tokens.expiresAt === undefined ? undefined : new Date(tokens.expiresAt).toISOString(), // reason: a stored moment in words, not of the clock
    },
    rotated: tokens.refreshToken !== undefined && tokens.refreshToken !== refreshToken.value,
  });
}
