import type { Effect, FlowState } from '@writ/flow';
import { lifetimesOf } from '../tokens/lifetimes.ts';
import type { User } from '../users/user.ts';
import type { JourneysDeps } from './deps.store.ts';
import type { Dossier } from './dossier.store.ts';
import type { Journey } from './journey.ts';
import { openTenants } from './tenants.store.ts';
import { loginContext } from './passkey.store.ts';
import { secondView } from './second-view.store.ts';
import type { View, Visitor } from './view.ts';

type Showing = {
  journey: Journey;
  state: FlowState;
  effect: Extract<Effect, { kind: 'show' }>;
  dossier: Dossier | undefined;
  user: User | undefined;
};

/** Gathers what the page of this step shows. */
export async function viewOf(deps: JourneysDeps, { journey, state, effect, dossier, user }: Showing): Promise<View> {
  const { request } = journey;
  const returnTo = request.kind === 'sign-in' ? request.returnTo : undefined;
  const common = { visitor: await visitorOf(deps, journey), returnTo, notice: state.notice, detail: state.detail };
  switch (effect.screen) {
    case 'sign_in':
      return {
        ...common,
        screen: 'sign_in',
        email: state.email,
        methods: effect.methods,
        mayJoin: deps.join.registration() === 'open',
        passkey: deps.passkeys.login({ context: loginContext({ ...journey, state }) }),
      };
    case 'code':
      return { ...common, screen: 'code', email: state.email ?? '' };
    case 'second':
    case 'enrol':
    case 'recovery':
      return { ...common, ...(await secondView(deps, journey, state, effect.screen)) };
    case 'join':
      return { ...common, screen: 'join', email: state.email };
    case 'join_code':
      return { ...common, screen: 'join_code', email: state.email ?? '' };
    case 'denied':
      return { ...common, screen: 'denied', reason: state.denial?.reason ?? '' };
    case 'account':
      return { ...common, screen: 'account', user: present(user) };
    case 'tenant': {
      const { open } = await openTenants(deps, present(user).id, journey.request);
      return { ...common, screen: 'tenant', user: present(user), tenants: open };
    }
    case 'consent': {
      if (dossier === undefined) throw new Error('a consent page without a look at consent');
      const { parties, offer } = dossier;
      return {
        ...common,
        screen: 'consent',
        user: parties.user,
        tenant: parties.tenant,
        resource: parties.resource,
        offer,
        lifetimes: lifetimesOf(parties.resource, parties.tenant),
      };
    }
  }
}

function present(user: User | undefined): User {
  if (user === undefined) throw new Error('a page for a signed-in user without one');
  return user;
}

async function visitorOf(deps: JourneysDeps, { request }: Journey): Promise<Visitor | undefined> {
  if (request.kind === 'sign-in') return undefined;
  const found = await deps.clients.find(request.clientId);
  if (!found.ok) return undefined;
  if (request.kind === 'authorize') return { client: found.value, redirectUri: request.redirectUri };
  const { grant, from, bindingMessage } = request;
  const { ip, userAgent, at } = from;
  const elsewhere = { by: grant, ip, userAgent, at, now: deps.clock.now(), bindingMessage };
  return { client: found.value, redirectUri: undefined, elsewhere };
}
