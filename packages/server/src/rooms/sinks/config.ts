import { z } from 'zod';
import { bucketSettings } from '../audit/anchor.ts';
import { EVENT_TYPES } from '../audit/event.ts';
import { secretConfig, serviceUrl } from '../connections/config.ts';
import { authorId } from '../tenants/config.ts';

/** Where the record goes, besides the hub's own. */
export const SINK_TYPES = ['webhook', 'syslog', 'otlp', 'splunk', 's3', 'file'] as const;
export type SinkType = (typeof SINK_TYPES)[number];

const pattern = z
  .string()
  .regex(/^[a-z_]+\.([a-z_]+|\*)$/, 'an event type, or noun.*')
  .refine((text) => typesOf([text]).length > 0, 'no event of this hub has such a type');

/** Event types behind patterns: `token.*` is every type of that noun. */
export function typesOf(patterns: readonly string[]): readonly string[] {
  return EVENT_TYPES.filter((type) => patterns.some((one) => one === type || (one.endsWith('.*') && type.startsWith(one.slice(0, -1)))));
}

const SYSLOG_URL = /^(tcp|tls):\/\/(\[[0-9a-f:.]+\]|[a-z0-9.-]+):(\d{1,5})$/i;

/** `tls://logs.example.com:6514`, taken apart. */
export function syslogTarget(url: string): { tls: boolean; host: string; port: number } | undefined {
  const [, scheme, host, port] = SYSLOG_URL.exec(url) ?? [];
  if (scheme === undefined || host === undefined || Number(port) > 65_535 || Number(port) === 0) return undefined;
  return { tls: scheme.toLowerCase() === 'tls', host: host.replace(/^\[|\]$/g, '').toLowerCase(), port: Number(port) };
}

const url = z
  .string()
  .max(2_048)
  .refine(
    (text) => (SYSLOG_URL.test(text) ? syslogTarget(text) !== undefined : serviceUrl.safeParse(text).success),
    'an https URL without user, password and fragment (http only on loopback); for syslog tls://host:port or tcp://host:port',
  );

const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'a header name')
  .refine(
    (name) =>
      !/^(host|connection|content-.*|transfer-encoding|upgrade|te|trailer|keep-alive|cookie|expect|webhook-.*|x-amz-.*|authorization|proxy-.*)$/i.test(
        name,
      ),
    'not this header: it steers the connection, or holds what is secret',
  );
const headerValue = z.string().regex(/^[\x21-\x7e]([\x20-\x7e]{0,1022}[\x21-\x7e])?$/, 'visible ASCII');
const masking = z.enum(['hash', 'omit']).optional();
const word = z.string().regex(/^[\x21-\x7e]{1,128}$/, 'visible ASCII');

const settings = {
  /** Where to. Syslog: tls://host:port or tcp://host:port. S3: the URL of the bucket. A file has none. */
  url: url.optional(),
  /** `cef` only by syslog. */
  format: z.enum(['native', 'ocsf', 'cef']).default('native'),
  filter: z
    .strictObject({
      types: z.array(pattern).max(200).default([]).describe('Empty: all types; token.*: all of that noun'),
      tenants: z.array(authorId).max(1_000).default([]).describe('Empty: every tenant, and what is of no tenant'),
      hub: z.boolean().default(false).describe('Where tenants are named: also what is of no tenant, the hub’s own'),
      outcomes: z
        .array(z.enum(['success', 'refused', 'failed']))
        .max(3)
        .default([])
        .describe('Empty: all three'),
    })
    .default({ types: [], tenants: [], hub: false, outcomes: [] }),
  /** What of people leaves the hub: as it is, as a keyed hash (the same person stays the same), or not at all. */
  mask: z.strictObject({ user: masking, ip: masking, userAgent: masking }).default({}),
  batch: z
    .strictObject({ events: z.number().int().min(1).max(1_000).optional(), waitSeconds: z.number().int().min(0).max(3_600).optional() })
    .default({}),
  /** Where a new sink begins: with what happens from now on, or with everything there is. */
  start: z.enum(['now', 'beginning']).default('now'),
  /** webhook, otlp, splunk: sent along. Nothing secret: they can be read back. */
  headers: z.record(headerName, headerValue).default({}),
  /** otlp: the header that carries the secret. Default: Authorization, with the word Bearer. */
  secretHeader: z
    .string()
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'a header name')
    .optional(),
  /** syslog by TLS: authorities to trust instead of the system's, PEM. */
  ca: z.string().max(65_536).includes('-----BEGIN CERTIFICATE-----').optional(),
  /** syslog: `close` waits until the receiver has read to the end; `write` does not, for receivers that never hang up. */
  acknowledge: z.enum(['close', 'write']).default('close'),
  /** splunk: where Splunk puts it. */
  index: word.optional(),
  source: word.optional(),
  sourcetype: word.optional(),
  /** s3. */
  ...bucketSettings,
  /** file: bytes after which a new one begins, and how many old ones are kept. */
  maxBytes: z.number().int().min(1_024).max(10_000_000_000).optional(),
  keep: z.number().int().min(1).max(10_000).optional(),
};

/** A sink as the config file says it. */
export const sinkConfig = z
  .strictObject({
    id: authorId,
    name: z.string().min(1).max(200).optional(),
    type: z.enum(SINK_TYPES),
    ...settings,
    /** webhook: the signing secret (whsec_…). otlp: a token. splunk: the HEC token. s3: the secret access key. Absent: what is there stays. */
    secret: secretConfig.optional(),
  })
  .superRefine((value, context) => {
    for (const [field, message] of faultsOf(value)) context.addIssue({ code: 'custom', path: [field], message });
  })
  .meta({ id: 'SinkConfig' });
export type SinkConfig = z.output<typeof sinkConfig>;

type Optional =
  | 'url'
  | 'ca'
  | 'secretHeader'
  | 'index'
  | 'source'
  | 'sourcetype'
  | 'region'
  | 'accessKeyId'
  | 'prefix'
  | 'maxBytes'
  | 'keep'
  | 'secret';

/** Members that only some types know. Elsewhere they are refused: a region on a webhook is a mistake about which sink this is. */
const ONLY: readonly (readonly [Optional, readonly SinkType[]])[] = [
  ['url', ['webhook', 'syslog', 'otlp', 'splunk', 's3']],
  ['secret', ['webhook', 'otlp', 'splunk', 's3']],
  ['secretHeader', ['otlp']],
  ['ca', ['syslog']],
  ['index', ['splunk']],
  ['source', ['splunk']],
  ['sourcetype', ['splunk']],
  ['region', ['s3']],
  ['accessKeyId', ['s3']],
  ['prefix', ['s3']],
  ['maxBytes', ['file']],
  ['keep', ['file']],
];

type Shape = { type: SinkType; format: string; headers: object } & { [name in Optional]?: unknown };

function faultsOf(value: Shape): [string, string][] {
  const { type } = value;
  const faults: [string, string][] = [];
  for (const [name, types] of ONLY)
    if (value[name] !== undefined && !types.includes(type)) faults.push([name, `a sink of type ${type} has none`]);
  if (type !== 'file' && value.url === undefined) faults.push(['url', `a sink of type ${type} needs one`]);
  const isSyslog = typeof value.url === 'string' && SYSLOG_URL.test(value.url);
  if (value.url !== undefined && isSyslog !== (type === 'syslog'))
    faults.push(['url', type === 'syslog' ? 'tls://host:port or tcp://host:port' : 'an https URL']);
  if (type === 's3' && value.accessKeyId === undefined) faults.push(['accessKeyId', 'a sink of type s3 needs one']);
  if (type === 's3' && typeof value.url === 'string' && value.url.includes('?')) faults.push(['url', 'a bucket has no query']);
  if (value.format === 'cef' && type !== 'syslog') faults.push(['format', 'CEF goes by syslog']);
  if (Object.keys(value.headers).length > 0 && !['webhook', 'otlp', 'splunk'].includes(type))
    faults.push(['headers', `a sink of type ${type} has none`]);
  return faults;
}
