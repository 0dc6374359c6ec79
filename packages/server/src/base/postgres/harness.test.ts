import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { engines, freshDatabase } from '../../../testing/database.ts';

describe.each(engines())('a test database on %s', (engine) => {
  it('is migrated, empty and its own', async () => {
    const [one, two] = await Promise.all([freshDatabase(engine), freshDatabase(engine)]);
    const first = new pg.Client({ connectionString: one.url });
    const second = new pg.Client({ connectionString: two.url });
    await Promise.all([first.connect(), second.connect()]);
    await first.query('CREATE TABLE only_here (id int)');
    const migrations = `SELECT count(*)::int AS tables FROM information_schema.tables WHERE table_name = 'migrations'`;
    expect((await second.query(migrations)).rows).toEqual([{ tables: 1 }]);
    await expect(second.query('SELECT * FROM only_here')).rejects.toThrow('does not exist');
    await Promise.all([first.end(), second.end()]);
    await Promise.all([one.drop(), two.drop()]);
  });

  it('promises durability and no more power than production gives', async () => {
    const database = await freshDatabase(engine);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const settings = `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
      current_setting('data_checksums') AS checksums, current_setting('server_encoding') AS encoding, current_setting('TimeZone') AS zone,
      (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser`;
    const { rows } = await client.query(settings);
    expect(rows).toEqual([{ fsync: 'on', commit: 'on', checksums: 'on', encoding: 'UTF8', zone: 'UTC', superuser: false }]);
    await client.end();
    await database.drop();
  });
});
