import type { Author } from '../../rooms/audit/author.ts';
import type { EventDraft } from '../../rooms/audit/event.ts';
import type { Audit } from '../../rooms/audit/store.ts';
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
  const expiresAt = deps.clock.now() + LINK_MS;
  const secret = await deps.audit.commit(async (tx) => ({
    value: await makeLink(tx, 'console', { subject: user, scopes: scopes === 'all' ? scopes : scopes.join(' ') }, expiresAt),
    entries: [entry],
  }));
  return `${deps.issuer}/console/enter/${secret}`;
}

/** What a link lets its user do. */
export function scopesOfLink(data: LinkData): SessionScopes {
  const scopes = data['scopes'] ?? '';
  return scopes === 'all' ? scopes : scopes.split(' ').filter((scope) => scope !== '');
}
