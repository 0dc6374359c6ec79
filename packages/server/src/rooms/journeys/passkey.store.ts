import type { First, Notice } from '@writ/flow';
import type { PasskeyFailure } from '../users/passkey.store.ts';
import { event, type Answered, type Occasion } from './answered.store.ts';
import type { JourneysDeps } from './deps.store.ts';
import { clientOf, type Journey } from './journey.ts';
import { afterFirst } from './signed-in.store.ts';

/** What a passkey signs for on the sign-in page. Another, once somebody said that the account is not theirs: an answer counts once. */
export function loginContext({ id, state }: Pick<Journey, 'id' | 'state'>): string {
  return `${id}\n${state.shunned ?? ''}\n${state.proof?.sessionId ?? ''}`;
}

export function secondContext({ id }: Pick<Journey, 'id'>, first: First): string {
  return `${id}\n${first.at}`;
}

/** Somebody signs in by a passkey alone: the browser knows whose it is. */
export async function byPasskey(deps: JourneysDeps, of: Occasion): Promise<Answered> {
  const { journey, posted } = of;
  const { origin } = of.visit;
  const proven = await deps.passkeys.proveAlone({
    context: loginContext(journey),
    credential: posted.credential ?? '',
    ip: origin.ip ?? '',
    origin,
    client: clientOf(journey.request),
  });
  return proven.ok
    ? afterFirst(deps, of, { ...proven.value, by: ['passkey'] })
    : event({ kind: 'pageTurned', notice: passkeyNotice(proven.error) });
}

export function passkeyNotice({ kind }: PasskeyFailure | { kind: string }): Notice {
  return kind === 'locked' || kind === 'frozen' ? kind : 'passkey_failed';
}
