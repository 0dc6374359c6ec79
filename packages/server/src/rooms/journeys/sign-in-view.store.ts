import { draws } from '@writ/flow';
import { findUser } from '../users/store.ts';
import type { User } from '../users/user.ts';
import type { JourneysDeps } from './deps.store.ts';
import { loginContext, secondContext } from './passkey.store.ts';
import { firstOf } from './second.store.ts';
import type { Showing } from './showing.store.ts';
import { maySkip, openSignInPage, secondsFor } from './sign-in-page.store.ts';
import type { Screen } from './view.ts';
import { waysInto, type SignInNode } from './ways.ts';

/** What the pages of signing in show. What is set up here is shown to this journey alone. */
export async function signInView(deps: JourneysDeps, { journey, flow }: Showing): Promise<Screen> {
  const { state } = journey;
  const node = flow.graph.nodes[state.at];
  if (node?.kind !== 'authenticate' && node?.kind !== 'stepUp') throw new Error('a page of signing in at a node that asks for none');
  const page = await openSignInPage(deps, node, state);
  const mayGo = maySkip(node, state, (branch) => draws(flow.graph, state.at, branch));
  switch (page) {
    case 'password':
      return firstView(deps, { journey, node });
    case 'code':
    case 'join_code':
      return { screen: page, email: state.email ?? '' };
    case 'join':
      return { screen: page, email: state.email };
    case 'second_code':
      return { screen: 'code', email: (await whose(deps, journey)).email, asSecond: true };
    case 'unable':
      return { screen: page, email: (await whose(deps, journey)).email, maySkip: mayGo };
    case 'second':
      return secondView(deps, { journey, node, maySkip: mayGo });
    case 'enrol': {
      const { id: userId, email } = await whose(deps, journey);
      return { screen: page, email, maySkip: mayGo, ...(await deps.factors.offerTotp({ userId, context: journey.id, email })) };
    }
    case 'recovery': {
      const { id: userId } = await whose(deps, journey);
      return { screen: page, codes: (await deps.factors.recoveryCodes({ userId, context: journey.id })) ?? [] };
    }
  }
}

type At = Pick<Showing, 'journey'> & { node: SignInNode };

function firstView(deps: JourneysDeps, { journey, node }: At): Screen {
  const { state } = journey;
  const ways = waysInto(node);
  const { methods, providers = [] } = node.kind === 'authenticate' ? node : { methods: [] };
  return {
    screen: 'sign_in',
    email: state.email,
    ways,
    waysOut: deps.waysOut.offered({ methods, providers, tenantId: state.facts.tenant?.id, email: state.email }),
    mayJoin: deps.join.registration() === 'open' && ways.includes('password'),
    passkey: ways.includes('passkey') ? deps.passkeys.login({ context: loginContext(journey) }) : undefined,
  };
}

async function secondView(deps: JourneysDeps, { journey, node, maySkip: mayGo }: At & { maySkip: boolean }): Promise<Screen> {
  const first = firstOf(journey);
  const user = await whose(deps, journey);
  if (first === undefined) throw new Error('a second factor without a first');
  const { passkey, ...factors } = secondsFor(node, journey.state, { user, factors: await deps.factors.of(user.id) });
  const asked = passkey ? await deps.passkeys.second({ userId: user.id, context: secondContext(journey, first) }) : undefined;
  return { screen: 'second', email: user.email, factors, passkey: asked, maySkip: mayGo };
}

async function whose(deps: JourneysDeps, journey: Showing['journey']): Promise<User> {
  const first = firstOf(journey);
  const user = first && (await findUser(deps.db, first.userId));
  if (user === undefined) throw new Error('a second factor without a first');
  return user;
}
