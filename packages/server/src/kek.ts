import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomFill } from './base/ids.ts';
import { ConfigError, type Config } from './config.ts';

/** The key-encryption key: given, or (dev only) kept beside the data it protects, made at the first start. */
export function keyEncryptionKey(config: Readonly<Config>): Buffer {
  if (config.kek !== undefined) return config.kek;
  if (config.mode !== 'dev') throw new ConfigError('WRIT_KEK: production needs a key-encryption key');
  mkdirSync(config.dataDir, { recursive: true });
  const file = join(config.dataDir, 'dev.kek');
  try {
    // `wx`: of two that make it at once, one loses and reads what the other wrote.
    writeFileSync(file, randomFill(32).toString('base64'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
  if (key.length !== 32) throw new ConfigError(`${file}: not a key of 32 bytes; restore it, or remove the data folder to start anew`);
  return key;
}
