import type { JourneyState } from '@writ/flow';
import { hasSecond, isFresh, type Factors } from '../users/factor.ts';
import type { JourneysDeps } from './deps.store.ts';
import type { SignInNode } from './ways.ts';

/** The pages of signing in. `password`: the first of them, whatever ways it offers. `unable`: there is nothing that this person could show. */
const PAGES = ['password', 'code', 'join', 'join_code', 'second', 'enrol', 'recovery', 'unable'] as const;
export type SignInPage = (typeof PAGES)[number];

/** What a node takes for a second factor. An interposed one (the account has a second factor) takes any. */
export type Seconds = { totp: boolean; recovery: boolean; passkey: boolean };

export function secondsFor(node: SignInNode, { totp, passkeys, recovery = 0 }: Factors): Seconds {
  const takes = (method: string): boolean => node.kind === 'authenticate' || node.methods.some((one) => one === method);
  return {
    totp: totp !== undefined && takes('totp'),
    recovery: recovery > 0 && takes('recovery_code'),
    passkey: passkeys.length > 0 && takes('passkey'),
  };
}

/** Which of the pages is open. What the state does not say follows from what the person has, and is the same when the page comes back. */
export async function openSignInPage(
  deps: Pick<JourneysDeps, 'factors' | 'clock'>,
  node: SignInNode,
  state: JourneyState,
): Promise<SignInPage> {
  const open = PAGES.find((page) => page === state.page);
  if (open !== undefined) return open;
  const { proof } = state;
  if (node.kind === 'authenticate' || proof === undefined) return 'password';
  const now = deps.clock.now();
  // A second factor says nothing about when the first was shown.
  if (node.maxAge !== undefined && now - proof.authTime > node.maxAge * 1000) return 'password';
  const factors = await deps.factors.of(proof.userId);
  const { totp, recovery, passkey } = secondsFor(node, factors);
  if (totp || recovery || passkey) return 'second';
  // Whoever has another one is not helped by a new one: the author said which.
  if (!node.enrol || hasSecond(factors) || !node.methods.includes('totp')) return 'unable';
  // To set one up takes a fresh sign-in, or whoever finds an open browser would own the account's second factor.
  return isFresh(proof, now) ? 'enrol' : 'password';
}

/** May the person go on without what is asked for: they are signed in, and the flow has a way for that. */
export function maySkip(node: SignInNode, state: JourneyState, draws: (branch: string) => boolean): boolean {
  if (state.proof === undefined || state.first !== undefined) return false;
  return node.kind === 'stepUp' ? draws('unable') : state.demand !== undefined;
}
