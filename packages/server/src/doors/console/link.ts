import type { Author } from '../../rooms/audit/author.ts';
import type { EventDraft } from '../../rooms/audit/event.ts';
import type { Audit } from '../../rooms/audit/store.ts';
import { partyOf } from '../../rooms/signals/unfreeze.ts';
import { makeLink, type LinkData } from '../../rooms/users/link.store.ts';
import type { SessionScopes } from '../../rooms/users/user.ts';
import type { Clock } from '../../base/clock.ts';

const LINK_MS = 10 * 60_000;

/**
 * A link that opens the console for that user, once, within ten minutes. `scopes`: what may be done there; never more than whoever makes the
 * link may do.
 */
export async function consoleLink(
  deps: { audit: Pick<Audit, 'commit'>; clock: Clock; issuer: string },
  user: string,
  scopes: SessionScopes,
  by: Author,
  madeBy: readonly string[] = [],
): Promise<string> {
  const entry: EventDraft = {
    type: 'link.made',
    initiator: by.initiator,
    actor: by.actor,
    target: { type: 'user', id: user },
    outcome: 'success',
    reason: 'console',
    origin: by.origin,
    data: { scopes: scopes === 'all' ? scopes : [...scopes] },
  };
  // Whoever opens it acts by the hand of whoever made it: where two people are needed, these are one.
  const makers = [...new Set([partyOf(by.actor), ...madeBy])].join(' ');
  const expiresAt = deps.clock.now() + LINK_MS;
  const secret = await deps.audit.commit(async (tx) => ({
    value: await makeLink(
      tx,
      'console',
      { subject: user, scopes: scopes === 'all' ? scopes : scopes.join(' '), makers, via: by.actor.client ?? '' },
      expiresAt,
    ),
    entries: [entry],
  }));
  return `${deps.issuer}/console/enter/${secret}`;
}

/** What a link lets its user do. */
export function scopesOfLink(data: LinkData): SessionScopes {
  const scopes = data['scopes'] ?? '';
  return scopes === 'all' ? scopes : scopes.split(' ').filter((scope) => scope !== '');
}

/** As which client its maker acted, where a session keeps the ways that led to it. */
export function wayOfLink(data: LinkData): readonly string[] {
  const via = data['via'] ?? '';
  return via === '' ? [] : [`${VIA}${via}`];
}

const VIA = 'client:';

export function clientIn(ways: readonly string[]): string | undefined {
  return ways.find((way) => way.startsWith(VIA))?.slice(VIA.length);
}

/** Who had a hand in making it. */
export function makersOfLink(data: LinkData): readonly string[] {
  return (data['makers'] ?? '').split(' ').filter((maker) => maker !== '');
}
