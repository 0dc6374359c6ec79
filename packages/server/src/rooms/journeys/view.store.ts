import type { Page } from '@writ/flow';
import { lifetimesOf } from '../tokens/lifetimes.ts';
import { tenantsOf } from '../tenants/store.ts';
import type { User } from '../users/user.ts';
import type { JourneysDeps } from './deps.store.ts';
import { authoredFace } from './authored/faces.store.ts';
import type { Journey } from './journey.ts';
import type { Showing } from './showing.store.ts';
import { signInView } from './sign-in-view.store.ts';
import type { Screen, View, Visitor } from './view.ts';

type Face<Kind extends Page['kind']> = (
  deps: JourneysDeps,
  showing: Showing,
  page: Extract<Page, { kind: Kind }>,
) => Promise<Screen> | Screen;

/** Gathers what the page of this step shows. */
export async function viewOf(deps: JourneysDeps, showing: Showing): Promise<View> {
  const { journey } = showing;
  const { request, state } = journey;
  const returnTo = request.kind === 'sign-in' ? request.returnTo : undefined;
  const common = { visitor: await visitorOf(deps, journey), turn: state.turn, returnTo, notice: state.notice, detail: state.detail };
  return { ...common, ...(await faceOf(deps, showing)) };
}

function faceOf(deps: JourneysDeps, showing: Showing): Promise<Screen> | Screen {
  const { page } = showing.effect;
  switch (page.kind) {
    case 'account':
      return { screen: 'account', user: present(showing.user) };
    case 'authenticate':
      return signInView(deps, showing);
    case 'tenant':
      return chooseTenant(deps, showing, page);
    case 'consent':
      return consent(deps, showing, page);
    case 'denied':
      return { screen: 'denied', reason: showing.journey.state.denial?.reason ?? '', message: page.message };
    case 'identify':
    case 'enrol':
    case 'tenantConsent':
    case 'screen':
    case 'connect':
    case 'waiting':
      return authoredFace(deps, showing, page);
  }
}

const chooseTenant: Face<'tenant'> = async ({ db }, { user }, { tenants, preferred }) => {
  const known = new Map(
    (
      await tenantsOf(
        db,
        tenants.map(({ id }) => id),
      )
    ).map((one) => [one.id, one.settings.branding] as const),
  );
  return {
    screen: 'tenant',
    user: present(user),
    tenants: tenants.map((one) => ({ ...one, branding: known.get(one.id) ?? {} })),
    preferred,
  };
};

const consent: Face<'consent'> = (_deps, { dossier }) => {
  if (dossier === undefined) throw new Error('a consent page without a look at consent');
  const { parties, offer } = dossier;
  return {
    screen: 'consent',
    user: parties.user,
    tenant: parties.tenant,
    resource: parties.resource,
    offer,
    lifetimes: lifetimesOf(parties.resource, parties.tenant),
  };
};

export function present(user: User | undefined): User {
  if (user === undefined) throw new Error('a page for a signed-in user without one');
  return user;
}

async function visitorOf(deps: JourneysDeps, { request }: Journey): Promise<Visitor | undefined> {
  if (request.kind === 'sign-in' || request.kind === 'registration') return undefined;
  const found = await deps.clients.find(request.clientId);
  if (!found.ok) return undefined;
  if (request.kind === 'authorize') return { client: found.value, redirectUri: request.redirectUri };
  const { grant, from, bindingMessage } = request;
  const { ip, userAgent, at } = from;
  const elsewhere = { by: grant, ip, userAgent, at, now: deps.clock.now(), bindingMessage };
  return { client: found.value, redirectUri: undefined, elsewhere };
}
