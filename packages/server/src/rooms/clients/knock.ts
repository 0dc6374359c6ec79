import { addressGroup } from './limits.ts';

/** What somebody came with who is not known here: the host of a document, the name in a registration, an id. `many`: more names than are kept. */
export type KnockKind = 'document' | 'registration' | 'client' | 'many';

/** One refusal. Everything but `door`, `ip` and `now` was chosen by whoever came. */
export type Heard = {
  kind: Exclude<KnockKind, 'many'>;
  name: string;
  clientId?: string | undefined;
  reason: string;
  door: 'authorize' | 'token' | 'register' | 'other';
  asked?: readonly string[];
  redirectUris?: readonly string[];
  ip: string | undefined;
  now: number;
};

/** Refusals of one name, added up. Times in milliseconds since the epoch. */
export type Knocked = {
  kind: KnockKind;
  name: string;
  clientId: string | undefined;
  reason: string;
  doors: readonly string[];
  asked: readonly string[];
  redirectUris: readonly string[];
  addresses: readonly string[];
  count: number;
  firstSeenAt: number;
  lastSeenAt: number;
};

/** How much of what strangers say is kept, of each name. */
export const MOST = { asked: 10, redirectUris: 5, addresses: 10, name: 200, word: 300 } as const;

/** Names that a client gives itself are text for people, so nothing that only a terminal or a page would act on is kept. */
function plain(text: string, most: number): string {
  const shown = text.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·');
  return shown.length > most ? `${shown.slice(0, most)}…` : shown;
}

/** Once that somebody came, with no more of their words than is kept. */
export function knockOf(of: Heard): Knocked {
  const { kind, name, clientId, reason, door, asked = [], redirectUris = [], ip, now } = of;
  return {
    kind,
    name: plain(name, MOST.name),
    clientId: clientId === undefined ? undefined : plain(clientId, 512),
    reason,
    doors: [door],
    asked: words(asked, MOST.asked),
    redirectUris: words(redirectUris, MOST.redirectUris),
    addresses: ip === undefined ? [] : [addressGroup(ip)],
    count: 1,
    firstSeenAt: now,
    lastSeenAt: now,
  };
}

function words(all: readonly string[], most: number): readonly string[] {
  return [...new Set(all.slice(0, most).map((word) => plain(word, MOST.word)))];
}

/** What a name that there is no room for counts as. */
export function amongMany(one: Knocked): Knocked {
  return { ...one, kind: 'many', name: '', clientId: undefined, asked: [], redirectUris: [] };
}

/** Two of one name as one: the newest reason, and the first of what they named. */
export function added(one: Knocked, more: Knocked): Knocked {
  return {
    ...one,
    clientId: more.clientId ?? one.clientId,
    reason: more.reason,
    doors: joined(one.doors, more.doors, 4),
    asked: joined(one.asked, more.asked, MOST.asked),
    redirectUris: joined(one.redirectUris, more.redirectUris, MOST.redirectUris),
    addresses: joined(one.addresses, more.addresses, MOST.addresses),
    count: one.count + more.count,
    firstSeenAt: Math.min(one.firstSeenAt, more.firstSeenAt),
    lastSeenAt: Math.max(one.lastSeenAt, more.lastSeenAt),
  };
}

/** The first that were heard stay: a flood of others must not wash them out. */
function joined(one: readonly string[], more: readonly string[], most: number): readonly string[] {
  return [...new Set([...one, ...more])].slice(0, most);
}

/** How a client id that nobody knows is filed. Undefined: it is no id that could ever be one. */
export function namedBy(clientId: string): { kind: 'document' | 'client'; name: string } | undefined {
  if (clientId === '' || clientId.length > 2_048) return undefined;
  const isUrl = /^https?:\/\//i.test(clientId) && URL.canParse(clientId);
  return isUrl ? { kind: 'document', name: new URL(clientId).host } : { kind: 'client', name: clientId };
}

const REASONS: Readonly<Record<string, string>> = {
  unknown_client: 'No client has this id.',
  cimd_disabled: 'Clients that are documents are not let in here.',
  cimd_host_not_listed: 'Its host is not on the list of hosts that may publish clients.',
  cimd_no_resource_admits: 'No resource lets clients of its host in.',
  cimd_document_invalid: 'Its document is not in order.',
  cimd_unavailable: 'Its document could not be fetched.',
  cimd_host_busy: 'Its host named too many new documents at once.',
  registration_refused: 'A review turned it away.',
  change_pending: 'People were asked about a change of it and have not answered.',
  registration_closed: 'Clients may not register by themselves here.',
  wrong_initial_access_token: 'It came with a token for registering that is not good.',
  malformed_bearer: 'It came with a token for registering that is not good.',
  flood: 'It came too often.',
  hourly_cap: 'Too many registered from there within the hour.',
  invalid_redirect_uri: 'It wants its codes at an address that is not allowed.',
  invalid_client_metadata: 'What it says of itself is not in order.',
};

/** Whether a refusal means that nobody here knows who that is. */
export function isStranger(reason: string): boolean {
  return reason === 'unknown_client' || reason === 'registration_refused' || reason.startsWith('cimd_');
}

/** Why it was refused, in a sentence. `many`: who that was, is no longer told apart. `known`: it is registered by now. */
export function knockSentence({ kind, name, reason, count }: Pick<Knocked, 'kind' | 'name' | 'reason' | 'count'>, known = false): string {
  const times = count === 1 ? 'once' : `${count} times`;
  if (kind === 'many') return `More names than are kept came ${times} together, from few addresses or in a flood.`;
  if (known && kind === 'client') return `A client with the id “${name}” came ${times} before there was one.`;
  const why = REASONS[reason] ?? `It was refused (${reason.replaceAll('_', ' ')}).`;
  const who = {
    document: `A client at “${name}”`,
    registration: `Somebody calling itself “${name}”`,
    client: `A client with the id “${name}”`,
  }[kind];
  return known ? `${who} came ${times}, and is registered since.` : `${who} came ${times}. ${why}`;
}
