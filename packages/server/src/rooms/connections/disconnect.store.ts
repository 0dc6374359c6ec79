import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import { rows, type Database, type Tx } from '../../base/db.ts';
import { newId } from '../../base/ids.ts';
import type { Log } from '../../base/log.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import { hubAuthor, type Author } from '../audit/author.ts';
import type { Audit } from '../audit/store.ts';
import type { Connection } from './connection.ts';
import { deleteCredentials } from './credential.store.ts';
import type { Credential, Secret } from './credential.ts';
import { credentialEntry } from './events.ts';
import type { Providers } from './provider.store.ts';
import { nextTryAt } from './refresh.ts';
import type { Servers } from './servers.store.ts';
import type { Vault } from './vault.store.ts';

/** Disconnecting: the secret is gone from the vault at once, whatever the provider says; the provider is told until it has heard (attack 184). */
export type Disconnecting = {
  /** False: it was gone already. */
  disconnect(credential: Credential, by: Author): Promise<boolean>;
  /** The same for a person who looks on: waits a moment for what comes of telling the provider. */
  letGo(credential: Credential, by: Author): Promise<LetGo>;
  /** For whoever else removes or replaces a credential: the provider is told of its tokens when the transaction is through. */
  revokeLater(tx: Tx, credential: Credential, secret: Secret): Promise<string | undefined>;
  /** Tells providers what they were not told yet. */
  runDue(): Promise<void>;
  settled(): Promise<void>;
};

/**
 * `told`: the provider has taken the tokens back. `unsupported`: it cannot be told, and what it gave works until it ends. `later`: it did not listen, and
 * is told again. `nothing`: a key or a password, which only its owner can take back there. `gone`: somebody was first.
 */
export type LetGo = 'told' | 'unsupported' | 'later' | 'nothing' | 'gone';

export type DisconnectDeps = {
  database: Database;
  audit: Audit;
  clock: Clock;
  log: Log;
  box: SecretBox;
  vault: Vault;
  providers: Providers;
  servers: Servers;
  connections: { byId(id: string): Connection | undefined };
};

const TRIES = 10;
/** As long as a person waits for a page. */
const LOOKING_ON_MS = 3_000;
const CONTEXT = (id: string): string => `upstream-revocation/${id}`;
const keptShape = z.object({
  credential: z.string(),
  accessToken: z.string(),
  refreshToken: z.string().optional(),
  issuer: z.string().optional(),
  tenant: z.string().optional(),
});

export function createDisconnecting(deps: DisconnectDeps): Disconnecting {
  const { clock, box, audit, log } = deps;
  const under = new Set<Promise<void>>();
  const start = (work: Promise<unknown>): void => {
    const running = work
      .then(() => undefined)
      .catch((error: unknown) => log.warn({ err: error }, 'a provider could not be told'))
      .finally(() => under.delete(running));
    under.add(running);
  };
  const revokeLater: Disconnecting['revokeLater'] = async (tx, credential, secret) => {
    // A place that was made and never filled holds nothing.
    if (secret.kind !== 'oauth' || secret.accessToken === '') return undefined;
    const id = newId('cns', clock.now());
    const { accessToken, refreshToken, extra } = secret;
    const kept = { credential: credential.id, accessToken, refreshToken, issuer: extra?.['issuer'], tenant: credential.owner.tenant };
    const now = new Date(clock.now());
    await sql`INSERT INTO upstream_revocations (id, connection_id, sealed, next_at, created_at)
      VALUES (${id}, ${credential.connection}, ${box.seal(JSON.stringify(kept), CONTEXT(id))}, ${now}, ${now})`.execute(tx);
    return id;
  };
  const remove = async (credential: Credential, by: Author): Promise<{ revocation: string | undefined } | undefined> => {
    // One that does not open can still be thrown away: only the provider is not told.
    const secret = await deps.vault.open(credential).catch((error: unknown) => void log.warn({ err: error }, 'a credential did not open'));
    try {
      return await audit.commit(async (tx) => {
        const [gone] = await deleteCredentials(tx, { id: credential.id });
        if (gone === undefined) throw new Gone();
        const revocation = secret === undefined ? undefined : await revokeLater(tx, gone, secret);
        return { value: { revocation }, entries: [credentialEntry('credential.removed', gone, { by, reason: 'disconnected' })] };
      });
    } catch (error) {
      if (error instanceof Gone) return undefined;
      throw error;
    }
  };
  return {
    revokeLater,
    async disconnect(credential, by) {
      const removed = await remove(credential, by);
      if (removed !== undefined) start(runDue(deps));
      return removed !== undefined;
    },
    async letGo(credential, by) {
      const removed = await remove(credential, by);
      if (removed === undefined) return 'gone';
      const { revocation } = removed;
      if (revocation === undefined) return 'nothing';
      const telling = runDue(deps).then((outcomes) => outcomes.get(revocation));
      start(telling);
      const outcome = await Promise.race([telling.catch(() => undefined), sleep(LOOKING_ON_MS, undefined, { ref: false })]);
      return outcome === 'told' || outcome === 'unsupported' ? outcome : 'later';
    },
    runDue: async () => void (await runDue(deps)),
    async settled() {
      await Promise.all(under);
    },
  };
}

class Gone extends Error {}

type Outcome = 'told' | 'unsupported' | 'given_up' | 'again';

async function runDue(deps: DisconnectDeps): Promise<ReadonlyMap<string, Outcome>> {
  const now = deps.clock.now();
  // Taken by moving its time: of two nodes, one gets each.
  const due = await rows(
    deps.database.db,
    sql<{
      id: string;
      connection_id: string;
      sealed: Buffer;
      tries: number;
    }>`UPDATE upstream_revocations SET tries = tries + 1, next_at = ${new Date(now + 60_000)}
      WHERE id IN (SELECT id FROM upstream_revocations WHERE next_at <= ${new Date(now)} ORDER BY next_at LIMIT 50 FOR UPDATE SKIP LOCKED)
      RETURNING id, connection_id, sealed, tries`,
  );
  const outcomes = new Map<string, Outcome>();
  for (const one of due) outcomes.set(one.id, await tell(deps, one));
  return outcomes;
}

async function tell(deps: DisconnectDeps, of: { id: string; connection_id: string; sealed: Buffer; tries: number }): Promise<Outcome> {
  const kept = keptShape.parse(JSON.parse(deps.box.open(of.sealed, CONTEXT(of.id)).toString('utf8')));
  const connection = deps.connections.byId(of.connection_id);
  const extra = kept.issuer === undefined ? {} : { extra: { issuer: kept.issuer } };
  const server =
    connection === undefined ? undefined : await deps.servers.ofSecret(connection, { kind: 'oauth', accessToken: '', ...extra });
  const outcome: Outcome =
    server?.ok !== true || server.value.revocationUrl === undefined
      ? 'unsupported'
      : (await deps.providers.revoke(server.value, { accessToken: kept.accessToken, refreshToken: kept.refreshToken }))
        ? 'told'
        : of.tries >= TRIES
          ? 'given_up'
          : 'again';
  if (outcome === 'again') {
    const nextAt = nextTryAt({ attempts: of.tries + 4, now: deps.clock.now(), id: of.id });
    await sql`UPDATE upstream_revocations SET next_at = ${new Date(nextAt)} WHERE id = ${of.id}`.execute(deps.database.db);
    return outcome;
  }
  const by = hubAuthor('revoke-upstream');
  await deps.audit.commit(async (tx) => {
    await sql`DELETE FROM upstream_revocations WHERE id = ${of.id}`.execute(tx);
    const entry = {
      tenant: kept.tenant,
      type: 'credential.removed' as const,
      initiator: by.initiator,
      actor: by.actor,
      target: { type: 'credential', id: kept.credential },
      outcome: outcome === 'given_up' ? ('failed' as const) : ('success' as const),
      reason: `upstream_${outcome}`,
      origin: by.origin,
      data: { connection: of.connection_id, tries: of.tries },
    };
    return { value: undefined, entries: [entry] };
  });
  return outcome;
}
