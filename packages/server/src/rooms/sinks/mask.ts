import type { AuditEvent, EventData } from '../audit/event.ts';
import type { Sink } from './sink.ts';

/** A keyed hash of this hub: the same value stays the same, and nobody without the key finds out which it was. */
export type MaskHash = (value: string) => string;

type Way = 'hash' | 'omit' | undefined;
type Value = EventData[string];

/** Members of `data` that tell of a person, wherever they stand. */
const PERSONAL =
  /^(user|userid|user_id|username|email|emails|mail|phone|login|recipient|person|givenname|familyname|displayname|account|birthdate|address)$/i;
/** Values below these are a person's own, whatever they are called. */
const PROFILE = new Set(['attributes', 'jwtClaims']);
const ADDRESS = /[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+/g;

/**
 * What of people leaves the hub. Hashed and omitted values keep their place, so that a SIEM's rules find their members; the entry's own hash
 * stays and vouches for what the hub has, no longer for what was sent.
 */
export function masked(event: AuditEvent, mask: Sink['mask'], hash: MaskHash): AuditEvent {
  if (mask.user === undefined && mask.ip === undefined && mask.userAgent === undefined) return event;
  const veil = (way: Way, value: string): string => (way === undefined ? value : way === 'hash' ? `hash:${hash(value)}` : 'omitted');
  const people = new Set([event.actor.user, event.target?.type === 'user' ? event.target.id : undefined].filter((id) => id !== undefined));
  const person = (value: string): string => veil(mask.user, value);
  const text = (value: string): string => {
    if (mask.ip !== undefined && value === event.ip) return veil(mask.ip, value);
    if (mask.userAgent !== undefined && value === event.userAgent) return veil(mask.userAgent, value);
    if (mask.user === undefined) return value;
    return people.has(value) ? person(value) : withoutPeople(value.replace(ADDRESS, person), people, person);
  };
  const { actor, target } = event;
  return {
    ...event,
    actor: { ...actor, user: actor.user === undefined ? undefined : person(actor.user), chain: actor.chain.map(text) },
    target: target === null ? null : { ...target, id: text(target.id) },
    reason: event.reason === undefined ? undefined : text(event.reason),
    ip: event.ip === null ? null : veil(mask.ip, event.ip),
    userAgent: event.userAgent === null ? null : veil(mask.userAgent, event.userAgent),
    data: dataOf(event, mask, { text, person, address: (value) => veil(mask.ip, value) }),
  };
}

/** An id that stands inside a longer text (`user:ann`), as a word of its own. */
function withoutPeople(value: string, people: ReadonlySet<string>, person: (id: string) => string): string {
  let out = value;
  for (const id of people) {
    if (!out.includes(id)) continue;
    out = out
      .split(/([^A-Za-z0-9_@.-]+)/)
      .map((word) => (word === id ? person(id) : word))
      .join('');
  }
  return out;
}

type Veils = { text(value: string): string; person(value: string): string; address(value: string): string };

function dataOf(event: AuditEvent, mask: Sink['mask'], veils: Veils): EventData {
  const { data } = event;
  // What changed about a person is a profile, line by line.
  const about = mask.user !== undefined && event.target?.type === 'user';
  const changes = data['changes'];
  const shown = about && Array.isArray(changes) ? { ...data, changes: changes.map(fieldOf) } : data;
  return members(shown, mask, veils);
}

function fieldOf(change: unknown): EventData {
  const field = typeof change === 'object' && change !== null && 'field' in change ? String(change.field) : '';
  return { field, from: 'omitted', to: 'omitted' };
}

function members(data: EventData, mask: Sink['mask'], veils: Veils): EventData {
  const out: Record<string, Value> = {};
  for (const [name, value] of Object.entries(data)) {
    if (mask.user !== undefined && PROFILE.has(name)) out[name] = inside(value, veils.person, () => 'omitted');
    else if (mask.user !== undefined && PERSONAL.test(name) && typeof value !== 'object')
      out[name] = typeof value === 'string' ? veils.person(value) : value;
    else if (mask.ip !== undefined && name === 'ip' && typeof value === 'string') out[name] = veils.address(value);
    else out[name] = plain(value, mask, veils);
  }
  return out;
}

function plain(value: Value, mask: Sink['mask'], veils: Veils): Value {
  if (typeof value === 'string') return veils.text(value);
  if (isTexts(value)) return value.map(veils.text);
  if (Array.isArray(value)) return value.map((one: EventData) => (isMembers(one) ? members(one, mask, veils) : one));
  return isMembers(value) ? members(value, mask, veils) : value;
}

/** Everything below a profile: texts hidden one by one, all else left out. */
function inside(value: Value, person: (text: string) => string, other: () => string): Value {
  if (typeof value === 'string') return person(value);
  if (Array.isArray(value)) return value.map((one: string | EventData) => (typeof one === 'string' ? person(one) : other()));
  if (!isMembers(value)) return value === undefined || value === null ? value : other();
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inside(one, person, other)]));
}

function isTexts(value: Value): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isMembers(value: Value): value is EventData {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
