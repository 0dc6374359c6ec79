import { z } from 'zod';
import { HUB_CHAIN } from './event.ts';
import type { Health } from './health.ts';

const url = z
  .string()
  .max(2_048)
  .regex(/^https?:\/\/[^\s\\/][^\s\\#?]*$/i, 'an https URL without query and fragment (http only on loopback)');

const word = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'visible ASCII');

/** How an author names a place in an S3-compatible bucket, beside its URL. The secret is kept apart. */
export const bucketSettings = {
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .optional(),
  accessKeyId: word.optional(),
  prefix: z
    .string()
    .regex(/^([A-Za-z0-9_.-]+\/)*$/, 'folders, each ending in a slash')
    .max(256)
    // RFC 3986 §5.2.4: one or two dots would lead out of the bucket, into whatever else these keys may write to.
    .refine((text) => !/(^|\/)\.{1,2}\//.test(text), 'folders that have names')
    .optional(),
};

/** Where signed checkpoints are also kept, outside of whatever could be done to this hub and its database. */
export const anchorShape = z.strictObject({
  /** `s3`: an object for each in a bucket that keeps it. `http`: posted to somebody who keeps it. */
  kind: z.enum(['s3', 'http']),
  /** s3: of the bucket. */
  url,
  ...bucketSettings,
  /** s3: days for which the bucket lets nobody take an object away (object lock); absent: what the bucket itself says. */
  lockDays: z.number().int().min(1).max(36_500).optional(),
  lockMode: z.enum(['COMPLIANCE', 'GOVERNANCE']).default('COMPLIANCE'),
});

const secretValue = z.strictObject({ value: z.string().regex(/^[\x21-\x7e]{1,8192}$/, 'visible ASCII without blanks') });

export const anchorBody = anchorShape
  .extend({
    /** s3: the secret access key. http: a bearer. Absent: what is there stays. */
    secret: secretValue.optional(),
  })
  .superRefine(tellFaults)
  .meta({ id: 'AnchorConfig' });

/** The same in the config file, where the secret is a reference. */
export const anchorInFile = anchorShape
  .extend({
    secret: z.union([secretValue, z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })]).optional(),
  })
  .superRefine(tellFaults);

function tellFaults(of: z.output<typeof anchorShape>, context: z.RefinementCtx): void {
  for (const [field, message] of faultsOf(of)) context.addIssue({ code: 'custom', path: [field], message });
}

function faultsOf(of: z.output<typeof anchorShape>): [field: string, message: string][] {
  if (of.kind === 's3') return of.accessKeyId === undefined ? [['accessKeyId', 'a bucket needs one']] : [];
  const others = (['region', 'accessKeyId', 'prefix', 'lockDays'] as const).filter((name) => of[name] !== undefined);
  return others.map((name): [string, string] => [name, 'only a bucket has one']);
}

export type Anchor = z.output<typeof anchorShape>;
export type AnchorInput = z.output<typeof anchorInFile>;

/** How it goes. Times in milliseconds since the epoch. */
export type AnchorBooks = Health & {
  hasSecret: boolean;
  version: number;
  retryAt: number | undefined;
  anchoredAt: number | undefined;
  /** Chains whose newest checkpoint is not out there yet, and since when the oldest of them waits. */
  pending: number;
  oldestPendingAt: number | undefined;
};

/** A checkpoint as it is kept out there: one line of JSON, which `writ audit verify --anchor` reads. */
export type AnchoredLine = { issuer: string; chain: string; seq: number; hash: string; jws: string; at: number };

const SEQ_DIGITS = 12;

/** `<prefix><tenant>/<seq>.json`, so that names sort as the chain does; the hub's own chain as no tenant can be called. */
export function objectName({ prefix = '' }: Pick<Anchor, 'prefix'>, { chain, seq }: { chain: string; seq: number }): string {
  return `${prefix}${chain === HUB_CHAIN ? '_hub' : encodeURIComponent(chain)}/${String(seq).padStart(SEQ_DIGITS, '0')}.json`;
}

const FIRST_MS = 60_000;
const MOST_MS = 900_000;

/** Checkpoints are hourly: who was away is noticed within a quarter of that. */
export function anchorBackOff(failures: number): number {
  return Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
}
