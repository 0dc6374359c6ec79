import type { EventDraft } from '../audit/event.ts';
import type { ContainKind } from './stop.ts';

/** One person asks that something may go on, another confirms it. Times in milliseconds. */
export type Unfreeze = {
  id: string;
  kind: ContainKind;
  subject: string;
  tenantId?: string;
  reason: string;
  askedBy: EventDraft['actor'];
  /** Everybody who may have had a hand in asking: none of them confirms. */
  parties: readonly string[];
  /** `withdrawn`: it was let go or revoked otherwise while this waited. */
  state: 'waiting' | 'confirmed' | 'refused' | 'expired' | 'withdrawn';
  askedAt: number;
  expiresAt: number;
  decidedAt?: number;
  decidedBy?: EventDraft['actor'];
  decidedFor?: string;
};

/**
 * Who stands behind a call of an administrator. `parties`: the person, what providers call them, whoever made the link that opened their session, the owner of the
 * client that they came by; or the client and its owner. `since`: when the account was made. `account`: whose it is. `breakGlass`: the admin token of the
 * environment, whose holder needs nobody.
 */
export type Hand = {
  parties: readonly string[];
  since: number;
  account: { user: string; client?: string | undefined } | { client: string } | undefined;
  breakGlass: boolean;
};

/** The part of an administrator's call that says who calls. */
export type Calling = {
  kind: 'admin-token' | 'token' | 'session';
  id: string;
  user?: string;
  client?: string;
  madeBy?: readonly string[];
};

export type Accounts = {
  user?: { createdAt: number } | undefined;
  /** `login:<issuer> <subject>`, of whatever leads to the user. */
  logins?: readonly string[];
  client?: { owner?: string | undefined; createdAt: number } | undefined;
};

export function handOf(admin: Calling, { user, client, logins = [] }: Accounts): Hand {
  if (admin.kind === 'admin-token') return { parties: [admin.id], since: 0, account: undefined, breakGlass: true };
  const owner = client?.owner === undefined ? [] : [`user:${client.owner}`];
  if (admin.user !== undefined) {
    const parties = [`user:${admin.user}`, ...(admin.madeBy ?? []), ...logins, ...owner];
    return {
      parties: [...new Set(parties)],
      since: user?.createdAt ?? Infinity,
      account: { user: admin.user, client: admin.client },
      breakGlass: false,
    };
  }
  const id = admin.client ?? admin.id;
  return { parties: [`client:${id}`, ...owner], since: client?.createdAt ?? Infinity, account: { client: id }, breakGlass: false };
}

/** Of an author, as a link's maker is written down. */
export function partyOf({ user, client }: EventDraft['actor']): string {
  return user !== undefined ? `user:${user}` : client === undefined ? 'hub' : `client:${client}`;
}

/** `handed_over`: since the freeze somebody else could have made the account theirs. */
export type NotTheOne = 'same_person' | 'made_since' | 'handed_over';

/**
 * Whether this hand may confirm. Nobody who had a part in asking, and no account that was made after the freeze: whoever is behind what was frozen could
 * otherwise bring a second person along.
 */
export function mayConfirm(
  request: Pick<Unfreeze, 'parties'>,
  hand: Pick<Hand, 'parties' | 'since' | 'breakGlass'>,
  frozenAt: number,
): NotTheOne | undefined {
  if (hand.breakGlass) return undefined;
  if (hand.parties.some((one) => request.parties.includes(one))) return 'same_person';
  return hand.since > frozenAt ? 'made_since' : undefined;
}
