import { parseJson } from '../../base/json.ts';
import type { Outbound } from '../../base/outbound/outbound.ts';
import { isJsonType, readDocument } from './document.ts';
import { freshUntil } from '../issuers/freshness.ts';
import { membersOf, type Described } from './metadata.ts';
import type { MetadataRules } from './rules.ts';

/** `unavailable`: nobody answered for the URL, so what was known stays true. `invalid`: its host says something that is no client. */
export type Fetched =
  | { outcome: 'valid'; described: Described; freshUntil: number }
  | { outcome: 'invalid'; detail: string }
  | { outcome: 'unavailable'; detail: string };

const MAX_BYTES = 5_120;
const TIMEOUT_MS = 5_000;

/** Fetches and reads a client metadata document: https, no redirect, status 200, JSON, 5 KB, 5 s (draft §4 and §8.7). */
export async function fetchDocument(outbound: Pick<Outbound, 'get'>, url: string, rules: MetadataRules, now: number): Promise<Fetched> {
  const answer = await outbound.get(url, { accept: 'application/json', maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS });
  if (!answer.ok) return { outcome: 'unavailable', detail: `${answer.reason}: ${answer.detail}` };
  if (answer.status !== 200) return { outcome: 'unavailable', detail: `status ${answer.status}` };
  if (!isJsonType(answer.headers.get('content-type'))) return { outcome: 'unavailable', detail: 'the answer is not JSON' };
  const parsed = parseJson(answer.body.toString('utf8'));
  if (!parsed.ok) return { outcome: 'invalid', detail: `JSON: ${parsed.error}` };
  const members = membersOf(parsed.value);
  if (!members.ok) return { outcome: 'invalid', detail: members.error.description };
  const described = readDocument(url, members.value, rules);
  if (!described.ok) return { outcome: 'invalid', detail: described.error };
  const header = (name: string): string | null => answer.headers.get(name);
  const headers = { cacheControl: header('cache-control'), age: header('age'), expires: header('expires'), date: header('date') };
  return { outcome: 'valid', described: described.value, freshUntil: freshUntil(headers, now) };
}
