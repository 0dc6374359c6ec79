import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAwsClient, type AwsClient } from './base/aws/client.ts';
import type { Clock } from './base/clock.ts';
import { createHashicorpClient, type HashicorpClient } from './base/hashicorp/client.ts';
import { randomFill } from './base/ids.ts';
import type { Kek, Keks } from './base/kek/kek.ts';
import { kmsKek } from './base/kek/kms.ts';
import { localKek } from './base/kek/local.ts';
import type { KekSource } from './base/kek/source.ts';
import { transitKek } from './base/kek/transit.ts';
import { createOutbound } from './base/outbound/outbound.ts';
import { ConfigError, type Config } from './config.ts';

/** Keys and secrets that are kept in other houses, as the operator named them in the environment. */
export type Elsewhere = {
  /** `isSealed`: something was sealed here before, so that no KEK may be made up. Undefined: dev, and the KEK of its folder is gone. */
  keks(isSealed: boolean): Keks | undefined;
  hashicorp: HashicorpClient | undefined;
  aws: AwsClient;
  close(): Promise<void>;
};

/** The operator's own services stand in private networks. Nobody but the environment says where, so no caller can lead us there. */
const PRIVATE = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'];

export function elsewhereOf(config: Readonly<Config>, clock: Clock): Elsewhere {
  const outbound = createOutbound({ allowLoopback: true, allowPrivate: PRIVATE });
  const aws = createAwsClient({ outbound, access: config.aws, clock });
  const { address, ...access } = config.hashicorp;
  const kekOf = (source: KekSource): Kek => {
    switch (source.kind) {
      case 'local':
        return localKek(source.key);
      case 'transit':
        return transitKek(createHashicorpClient({ outbound, address: source.address, access }), source);
      case 'kms':
        return kmsKek(aws, source);
    }
  };
  return {
    keks(isSealed) {
      const current = config.kek === undefined ? devKek(config, isSealed) : kekOf(config.kek);
      return current === undefined ? undefined : { current, also: config.kekAlso.map(kekOf) };
    },
    hashicorp: address === undefined ? undefined : createHashicorpClient({ outbound, address, access }),
    aws,
    close: () => outbound.close(),
  };
}

/** Dev only: kept beside the data it protects, made at the first start and never again. */
function devKek(config: Readonly<Config>, isSealed: boolean): Kek | undefined {
  if (config.mode !== 'dev') throw new ConfigError('WRIT_KEK: production needs a key-encryption key');
  const file = devKekFile(config);
  if (!isSealed) makeKey(config.dataDir, file);
  const key = keyIn(file);
  if (key === undefined) return undefined;
  if (key.length !== 32) throw new ConfigError(`${file}: not a key of 32 bytes; restore it, or remove the data folder to start anew`);
  return localKek(key);
}

export function devKekFile({ dataDir }: Pick<Config, 'dataDir'>): string {
  return join(dataDir, 'dev.kek');
}

function makeKey(dataDir: string, file: string): void {
  mkdirSync(dataDir, { recursive: true });
  try {
    // `wx`: of two that make it at once, one loses and reads what the other wrote.
    writeFileSync(file, randomFill(32).toString('base64'), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (!isCoded(error, 'EEXIST')) throw error;
  }
}

function keyIn(file: string): Buffer | undefined {
  try {
    return Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
  } catch (error) {
    if (isCoded(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isCoded(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
