import type { FlowState } from '@writ/flow';
import { findUser } from '../users/store.ts';
import type { JourneysDeps } from './deps.store.ts';
import type { Journey } from './journey.ts';
import { secondContext } from './passkey.store.ts';
import { firstOf } from './second.store.ts';
import type { View } from './view.ts';

type SecondScreen = 'second' | 'enrol' | 'recovery';
type Omitted = 'visitor' | 'returnTo' | 'notice' | 'detail';
type SecondView = { [S in SecondScreen]: Omit<Extract<View, { screen: S }>, Omitted> }[SecondScreen];

/** What the pages of the second factor show. What is set up here is shown to this journey alone. */
export async function secondView(deps: JourneysDeps, journey: Journey, state: FlowState, screen: SecondScreen): Promise<SecondView> {
  const first = firstOf({ state });
  const user = first && (await findUser(deps.db, first.userId));
  if (first === undefined || user === undefined) throw new Error('a second factor without a first');
  const maySkip = state.first === undefined;
  switch (screen) {
    case 'second': {
      const { totp, recovery } = await deps.factors.of(user.id);
      const factors = { totp: totp !== undefined, recovery: (recovery ?? 0) > 0 };
      const context = secondContext(journey, first);
      const passkey = await deps.passkeys.second({ userId: user.id, context });
      return { screen, email: user.email, factors, passkey, maySkip };
    }
    case 'enrol':
      return {
        screen,
        email: user.email,
        maySkip,
        ...(await deps.factors.offerTotp({ userId: user.id, context: journey.id, email: user.email })),
      };
    case 'recovery':
      return { screen, codes: (await deps.factors.recoveryCodes({ userId: user.id, context: journey.id })) ?? [] };
  }
}
