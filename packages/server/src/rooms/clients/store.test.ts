import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../testing/database.ts';
import { digest } from '../../base/digest.ts';
import { hubAuthor } from '../audit/author.ts';
import { clientConfig, toClientConfig, type ClientConfig } from './config.ts';
import { listClients } from './list.store.ts';
import { findClient, markConsented, putClient, removeClient, setClientState } from './store.ts';
import { openRoom, type Room } from './room.suite.ts';

const by = hubAuthor('test');
const config = (of: object): ClientConfig => clientConfig.parse({ id: 'worker', name: 'Worker', ...of });
const SERVICE = { kind: 'service', auth: { secrets: [{ value: 'a-long-secret-of-the-worker' }] }, tags: ['production'], tenants: ['acme'] };

for (const engine of engines()) {
  describe(`the client store on ${engine}`, () => {
    let room: Room;
    const put = (input: ClientConfig) => room.database.db.transaction().execute((tx) => putClient(tx, input, by));

    beforeAll(async () => {
      room = await openRoom(engine);
    });
    afterAll(() => room.close());

    it('keeps what the config file says, and the secret as a digest only', async () => {
      const { outcome, value, entries } = await put(config(SERVICE));
      expect(outcome).toBe('created');
      expect(value).toMatchObject({
        registrationType: 'manual',
        status: 'verified',
        public: false,
        grants: ['client_credentials'],
        authMethod: 'client_secret_basic',
      });
      expect(value.secrets).toMatchObject([
        { digest: digest('a-long-secret-of-the-worker'), state: 'active', origin: 'config', name: 'secret-1' },
      ]);
      expect(entries).toMatchObject([{ type: 'client.registered', target: { type: 'client', id: 'worker' } }]);
      expect(JSON.stringify(entries)).not.toContain('a-long-secret');
      const everything = await sql<{
        dump: string;
      }>`SELECT row_to_json(c)::text || coalesce((SELECT json_agg(s)::text FROM client_secrets s), '') AS dump FROM clients c`.execute(
        room.database.db,
      );
      expect(JSON.stringify(everything.rows)).not.toContain('a-long-secret');
    });

    it('changes nothing and writes nothing when the same is put again', async () => {
      expect(await put(config(SERVICE))).toMatchObject({ outcome: 'unchanged', entries: [], changed: [] });
      const stored = await findClient(room.database.db, 'worker');
      expect(stored === undefined ? undefined : toClientConfig(stored)).toEqual({
        ...config(SERVICE),
        auth: { method: 'client_secret_basic' },
      });
    });

    it('names the members that changed, and revokes a secret that is no longer listed', async () => {
      const next = config({ ...SERVICE, name: 'Renamed', auth: { secrets: [{ value: 'another-secret-of-the-worker', name: 'blue' }] } });
      const { outcome, value, entries } = await put(next);
      expect(outcome).toBe('changed');
      expect(value.secrets.map(({ name, state }) => [name, state])).toEqual([
        ['secret-1', 'revoked'],
        ['blue', 'active'],
      ]);
      expect(JSON.stringify(entries[0]?.data)).toContain('"field":"name","from":"\\"Worker\\"","to":"\\"Renamed\\""');
      expect(JSON.stringify(entries[0]?.data)).toContain('secretsAdded');
    });

    it('does not bring back a revoked secret by an old config file', async () => {
      const { value } = await put(config(SERVICE));
      expect(value.secrets.find((secret) => secret.digest === digest('a-long-secret-of-the-worker'))?.state).toBe('revoked');
    });

    it('creates one client when two create it at once', async () => {
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => put(config({ ...SERVICE, id: 'twin' }))));
      expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['created', ...Array.from({ length: 19 }, () => 'unchanged')]);
      const stored = await findClient(room.database.db, 'twin');
      expect(stored?.secrets.filter((secret) => secret.state === 'active')).toHaveLength(1);
    });

    it('moves a state once, and never out of revoked', async () => {
      await put(config({ ...SERVICE, id: 'moved' }));
      const move = (state: 'active' | 'frozen' | 'revoked') =>
        room.database.db.transaction().execute((tx) => setClientState(tx, 'moved', state, 'test'));
      expect([await move('frozen'), await move('frozen'), await move('active'), await move('revoked'), await move('active')]).toEqual([
        true,
        false,
        true,
        true,
        false,
      ]);
    });

    it('remembers the first consent, and says when there is nobody to remember it for', async () => {
      const mark = (id: string, now: number) => room.database.db.transaction().execute((tx) => markConsented(tx, id, now));
      expect(await mark('twin', 1_000)).toBe(true);
      expect(await mark('twin', 2_000)).toBe(true);
      expect((await findClient(room.database.db, 'twin'))?.consentedAt).toBe(1_000);
      expect(await mark('nobody', 1_000)).toBe(false);
    });

    it('removes a client with its secrets', async () => {
      const removed = await room.database.db.transaction().execute((tx) => removeClient(tx, 'moved', by));
      expect(removed).toMatchObject({ outcome: 'removed', entries: [{ type: 'client.removed' }] });
      expect(await findClient(room.database.db, 'moved')).toBeUndefined();
      expect(await room.database.db.transaction().execute((tx) => removeClient(tx, 'moved', by))).toBeUndefined();
    });

    it('lists many registrations of one program as one row with their number, and singly by fingerprint', async () => {
      for (let n = 0; n < 42; n += 1)
        await room.plant({ id: `dcr_${String(n).padStart(2, '0')}`, fingerprint: 'same', tags: n < 2 ? ['odd'] : [] });
      await room.plant({ id: 'dcr_other', fingerprint: 'other', tags: [] });
      const grouped = await listClients(room.database.db, { registrationType: 'dcr' }, { limit: 10 });
      expect(grouped.map(({ client, registrations }) => [client.id, registrations])).toEqual([
        ['dcr_41', 42],
        ['dcr_other', 1],
      ]);
      expect(await listClients(room.database.db, { fingerprint: 'same' }, { limit: 100 })).toHaveLength(42);
      const tagged = await listClients(room.database.db, { tag: 'odd' }, { limit: 10 });
      expect(tagged.map(({ client, registrations }) => [client.id, registrations])).toEqual([['dcr_01', 2]]);
      const all = await listClients(room.database.db, {}, { limit: 2 });
      const rest = await listClients(room.database.db, {}, { limit: 10, cursor: all[1]?.client.id });
      expect([...all, ...rest].map(({ client }) => client.id)).toEqual(['dcr_41', 'dcr_other', 'twin', 'worker']);
    });
  });
}
