import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { freshDatabase } from '../testing/database.ts';
import { readConfig } from './config.ts';
import { startHub } from './main.ts';

const ENV = { WRIT_ISSUER: 'https://id.acme.test', WRIT_PORT: '0', WRIT_LOG_LEVEL: 'silent' };

const start = async (databaseUrl: string): Promise<void> => {
  const hub = await startHub(readConfig({ ...ENV, WRIT_DATABASE_URL: databaseUrl, WRIT_KEK: randomBytes(32).toString('base64') }, 'serve'));
  await hub.close();
};

describe('a start', () => {
  it('is on the record, with the version and a digest of the settings that holds no secret and changes with them', async () => {
    const { url, drop } = await freshDatabase();
    const env = { ...ENV, WRIT_DATABASE_URL: url, WRIT_KEK: randomBytes(32).toString('base64'), WRIT_ADMIN_TOKEN: 'a'.repeat(40) };
    try {
      const shown: { data: Record<string, string>; initiator: string }[] = [];
      for (const more of [{}, { WRIT_ADMIN_TOKEN: 'b'.repeat(40) }, { WRIT_LOG_LEVEL: 'fatal' }]) {
        const hub = await startHub(readConfig({ ...env, ...more }, 'serve'));
        const found = await (await hub.admin('/admin/v1/events?type=hub.started&limit=1')).json();
        shown.push(found.items[0]);
        await hub.close();
      }
      const [first, sameButForASecret, other] = shown;
      expect(first).toMatchObject({ initiator: 'hub', data: { mode: 'serve', version: expect.stringMatching(/^\d+\.\d+\.\d+/) } });
      expect(sameButForASecret?.data['settings']).toBe(first?.data['settings']);
      expect(other?.data['settings']).not.toBe(first?.data['settings']);
    } finally {
      await drop();
    }
  });
});

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

  it('when nothing answers where the KEK is kept', async () => {
    const { url, drop } = await freshDatabase();
    const env = { WRIT_KEK_PROVIDER: 'vault+http://127.0.0.1:65531/transit/writ', VAULT_TOKEN: 'canary-token' };
    try {
      await expect(startHub(readConfig({ ...ENV, WRIT_DATABASE_URL: url, ...env }, 'serve'))).rejects.toMatchObject({
        name: 'ConfigError',
        message: expect.stringMatching(/^WRIT_KEK_PROVIDER: the key writ of http:..127.0.0.1:65531 cannot be used: connect/),
      });
    } finally {
      await drop();
    }
  });
});
