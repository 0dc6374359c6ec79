import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import { createGate } from '../gate.ts';
import { prepare } from './prepare.ts';

/** `busy`: answer 429 and let the person try again. The others are the person's input. */
type Refusal = { ok: false; reason: 'busy' | 'too_long' | 'malformed' };
export type Hashed = { ok: true; hash: string } | Refusal;
export type Verified = { ok: true; match: boolean } | Refusal;

export interface PasswordHasher {
  /** An encoded argon2id hash (PHC string, about 97 characters) with its own salt. */
  hash(password: string): Promise<Hashed>;
  /** Rejects when `stored` is not an argon2 hash: the table is broken, not the person. */
  verify(stored: string, password: string): Promise<Verified>;
  /** The same work for a user who does not exist: who measures the answer cannot tell. Never a match. */
  verifyDummy(password: string): Promise<Verified>;
}

/** OWASP's first choice (19 MiB, two passes, one lane): about 8 ms of one core. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 };

/**
 * One core is left to the event loop, and two of libuv's four threads to files and name lookups: under a flood of logins
 * other people's tokens must still be issued.
 */
const DEFAULT_SLOTS = Math.min(2, Math.max(1, availableParallelism() - 1));

/** Hashing in a bounded pool. Memory is bounded too: 19 MiB for each slot, nothing for those who wait. */
export function createPasswordHasher({ concurrency = DEFAULT_SLOTS, queue = 64 } = {}): PasswordHasher {
  const gate = createGate({ slots: concurrency, queue });
  const nobody = encodedLike(randomBytes(16), randomBytes(32));

  const check = async (stored: string, password: string): Promise<Verified> => {
    const prepared = prepare(password);
    if (!prepared.ok) return prepared;
    const done = await gate.run(() => verify(stored, prepared.bytes));
    return done.ran ? { ok: true, match: done.value } : { ok: false, reason: 'busy' };
  };

  return {
    hash: async (password) => {
      const prepared = prepare(password);
      if (!prepared.ok) return prepared;
      const done = await gate.run(() => hash(prepared.bytes, COST));
      return done.ran ? { ok: true, hash: done.value } : { ok: false, reason: 'busy' };
    },
    verify: check,
    verifyDummy: (password) => check(nobody, password),
  };
}

/** Whether a hash is weaker than today's cost, so that the next successful login should replace it. */
export function needsRehash(stored: string): boolean {
  if (!stored.startsWith('$argon2id$')) return true;
  const { memoryCost, timeCost, parallelism, outputLen } = parseOptions(stored);
  return memoryCost < COST.memoryCost || timeCost < COST.timeCost || parallelism !== COST.parallelism || outputLen < COST.outputLen;
}

function encodedLike(salt: Buffer, output: Buffer): string {
  const plain = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=${COST.memoryCost},t=${COST.timeCost},p=${COST.parallelism}$${plain(salt)}$${plain(output)}`;
}
