import { html } from 'hono/html';
import { left } from '../../base/browser/left.ts';
import type { Html } from '../../base/browser/page.ts';
import type { Db } from '../../base/db.ts';
import type { Result } from '../../base/result.ts';
import type { Deciding } from '../../rooms/approvals/decide.store.ts';
import { pendingFor } from '../../rooms/approvals/pending.store.ts';
import type { Client } from '../../rooms/clients/client.ts';
import type { Resource } from '../../rooms/resources/resource.ts';
import { boundTenant } from '../../rooms/users/bound.ts';
import type { Session, User } from '../../rooms/users/user.ts';

export type WaitingDeps = {
  db: Db;
  clients: { find(id: string): Promise<Result<Client, unknown>> };
  catalogue: { byId(id: string): Resource | undefined };
  deciding: Pick<Deciding, 'waitingFor'>;
};

/** Something that waits for this person: consent that an agent asks of them, or an approval of what somebody's agent wants. */
/** `resource` undefined: a client asks to be let in at all. */
export type Waiting = { id: string; kind: 'consent' | 'approval'; client: string; resource: string | undefined; expiresAt: number };

/** The newest first. */
export async function waitingFor(
  deps: WaitingDeps,
  { user, session }: { user: User; session: Pick<Session, 'by'> },
  now: number,
): Promise<readonly Waiting[]> {
  const bound = boundTenant(session.by);
  const [asked, approvals] = await Promise.all([pendingFor(deps.db, user.id, now), deps.deciding.waitingFor(user, bound)]);
  const all = [
    ...asked.map(({ id, request, expiresAt }) => ({ id, kind: 'consent' as const, request, expiresAt })),
    ...approvals.map(({ id, request, expiresAt }) => ({ id, kind: 'approval' as const, request, expiresAt })),
  ].toSorted((a, b) => (a.id < b.id ? 1 : -1));
  return Promise.all(
    all.map(async ({ id, kind, request, expiresAt }) => {
      const found = await deps.clients.find(request.clientId);
      return {
        id,
        kind,
        client: found.ok ? found.value.name : 'An app that is gone',
        resource: request.resourceId === undefined ? undefined : (deps.catalogue.byId(request.resourceId)?.name ?? request.resourceId),
        expiresAt,
      };
    }),
  );
}

/** Nothing at all where nothing waits: on most days this page is about something else. */
export function waitingSection(waiting: readonly Waiting[], now: number): Html {
  if (waiting.length === 0) return html``;
  return html`<section aria-labelledby="waiting">
    <h2 id="waiting">Waiting for your answer</h2>
    <ul class="list">
      ${waiting.map(
        (one) =>
          html`<li>
            <div>
              <p class="what"><bdi>${one.client}</bdi></p>
              <p class="meta">${wants(one)} · ${left(one.expiresAt, now)}</p>
            </div>
            <a class="button short" href="/account/approvals/${one.id}" aria-label="Look at what ${one.client} asks">Look</a>
          </li>`,
      )}
    </ul>
  </section>`;
}

function wants({ kind, resource }: Waiting): Html {
  if (resource === undefined) return html`asks to be let in here`;
  return html`${kind === 'consent' ? 'asks to act for you at' : 'wants something approved at'} <bdi>${resource}</bdi>`;
}
