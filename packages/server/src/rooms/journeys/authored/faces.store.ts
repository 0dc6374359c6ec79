import type { Page } from '@writ/flow';
import { findApproval } from '../../approvals/approval.store.ts';
import { lifetimesOf } from '../../tokens/lifetimes.ts';
import type { User } from '../../users/user.ts';
import type { JourneysDeps } from '../deps.store.ts';
import type { Journey } from '../journey.ts';
import type { Screen } from '../view.ts';
import { findDeed } from '../effects/deeds.store.ts';
import { enrolFace } from './enrol.store.ts';
import type { Face } from '../effects/faces.ts';
import { lookAtTenant } from '../effects/tenant-consent.store.ts';
import { connectionFault, ownerOf } from '../effects/whose.ts';

type AuthoredPage = Extract<Page, { kind: 'identify' | 'enrol' | 'tenantConsent' | 'screen' | 'connect' | 'waiting' }>;
type Showing = { journey: Journey; user: User | undefined; ip: string | undefined };

/** Gathers what the page of an authored node shows. */
export function authoredFace(deps: JourneysDeps, showing: Showing, page: AuthoredPage): Promise<Screen> | Screen {
  const { journey } = showing;
  switch (page.kind) {
    case 'identify':
      return { screen: 'identify', email: journey.state.email };
    case 'screen':
      return {
        screen: 'authored',
        title: page.title,
        text: page.text,
        fields: page.fields,
        buttons: page.buttons,
        wrong: journey.state.detail,
      };
    case 'enrol':
      return enrolFace(deps, { node: page, journey, user: present(showing) });
    case 'connect':
      return connectFace(deps, showing, page);
    case 'waiting':
      return waitingFace(deps, journey);
    case 'tenantConsent':
      return tenantConsentFace(deps, showing);
  }
}

function present({ user }: Showing): User {
  if (user === undefined) throw new Error('a page for a signed-in user without one');
  return user;
}

function connectFace(deps: JourneysDeps, showing: Showing, page: Extract<Page, { kind: 'connect' }>): Face {
  const { journey } = showing;
  const user = present(showing);
  const connection = deps.authored.connections.byId(page.connection);
  const owner = ownerOf(page.owner, { journey, user });
  const open = owner !== undefined && connection !== undefined && connectionFault(connection, owner) === undefined;
  return {
    screen: 'connect',
    name: open ? (connection.name ?? connection.id) : undefined,
    scopes: page.scopes,
    owner: page.owner,
    tenant: journey.state.facts.tenant?.name,
    optional: page.optional,
    user,
  };
}

async function waitingFace(deps: JourneysDeps, { id, state }: Journey): Promise<Face> {
  const deed = await findDeed(deps.db, { journeyId: id, key: `${state.at}#${String(state.turn)}` });
  const approval = deed?.ref === undefined ? undefined : await findApproval(deps.db, deed.ref);
  return { screen: 'waiting', until: approval?.expiresAt, now: deps.clock.now() };
}

/** Looked up once more: what stands on the page is judged again when it comes back. */
async function tenantConsentFace(deps: JourneysDeps, { journey, ip }: Showing): Promise<Screen> {
  const found = await lookAtTenant(deps, { journey, ip, now: deps.clock.now() });
  if (!found.ok) return { screen: 'denied', reason: found.error.reason, message: undefined };
  const { dossier, verdict } = found.value;
  const { parties, offer } = dossier;
  const { tenant, user, resource } = parties;
  if (tenant === undefined) throw new Error('consent for a tenant without one');
  const mode = verdict.kind === 'decide' ? 'decide' : 'confirm';
  return { screen: 'tenant_consent', mode, user, tenant, resource, offer, lifetimes: lifetimesOf(resource, tenant) };
}
