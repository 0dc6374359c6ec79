import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { freshDatabase } from '../testing/database.ts';
import { readConfig } from './config.ts';
import { startHub } from './main.ts';

const start = async (databaseUrl: string): Promise<void> => {
  const env = { WRIT_ISSUER: 'https://id.acme.test', WRIT_PORT: '0', WRIT_LOG_LEVEL: 'silent', WRIT_DATABASE_URL: databaseUrl };
  const hub = await startHub(readConfig({ ...env, WRIT_KEK: randomBytes(32).toString('base64') }, 'serve'));
  await hub.close();
};

describe('a hub that cannot start says why to whoever starts it', () => {
  it('when nothing listens where the database should be', async () => {
    await expect(start('postgres://writ@127.0.0.1:1/writ')).rejects.toMatchObject({
      name: 'ConfigError',
      message: 'WRIT_DATABASE_URL: the database cannot be reached (ECONNREFUSED)',
    });
  });

  it('when the server has no such database', async () => {
    const { url, drop } = await freshDatabase();
    await drop();
    await expect(start(url)).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(/^WRIT_DATABASE_URL: .*not exist/),
    });
  });

  it('when the database was made under another KEK', async () => {
    const { url, drop } = await freshDatabase();
    try {
      await start(url);
      await expect(start(url)).rejects.toMatchObject({
        name: 'ConfigError',
        message: expect.stringContaining('another key-encryption key'),
      });
    } finally {
      await drop();
    }
  });
});
