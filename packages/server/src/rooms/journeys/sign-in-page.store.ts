import type { JourneyState } from '@writ/flow';
import { boundTenant } from '../users/bound.ts';
import { hasSecond, isFresh, type Factors } from '../users/factor.ts';
import { findUser } from '../users/store.ts';
import type { User } from '../users/user.ts';
import type { JourneysDeps } from './deps.store.ts';
import type { SignInNode } from './ways.ts';

/** The pages of signing in. `password`: the first of them, whatever ways it offers. `second_code`: a code from the mailbox as a second step. `unable`: there is nothing that this person could show. */
const PAGES = ['password', 'code', 'join', 'join_code', 'second', 'second_code', 'enrol', 'recovery', 'unable'] as const;
export type SignInPage = (typeof PAGES)[number];

/** Ways to show more than a first factor. `mail`, `password`: for whoever signed in by the other of the two. */
export type Seconds = { totp: boolean; recovery: boolean; passkey: boolean; mail: boolean; password: boolean };

/**
 * What this person can show here: of what the node takes. Where a first factor waits, the account's own second one is asked for, and any of
 * those will do.
 */
export function secondsFor(
  node: SignInNode,
  state: Pick<JourneyState, 'first' | 'proof'>,
  { user, factors: { totp, passkeys, recovery = 0 } }: { user: Pick<User, 'passwordHash'>; factors: Factors },
): Seconds {
  const own = node.kind === 'authenticate' || state.first !== undefined;
  const named = (method: string): boolean => node.methods.some((one) => one === method);
  const takes = (method: string): boolean => own || named(method);
  const { by = [], amr = [] } = state.proof ?? {};
  return {
    totp: totp !== undefined && takes('totp'),
    recovery: recovery > 0 && takes('recovery_code'),
    passkey: passkeys.length > 0 && takes('passkey'),
    mail: !own && named('email_code') && !by.includes('email_code'),
    password: !own && named('password') && user.passwordHash !== undefined && !amr.includes('pwd'),
  };
}

/** Which of the pages is open. What the state does not say follows from what the person has, and is the same when the page comes back. */
export async function openSignInPage(
  deps: Pick<JourneysDeps, 'db' | 'factors' | 'clock'>,
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
  const [factors, user] = await Promise.all([deps.factors.of(proof.userId), findUser(deps.db, proof.userId)]);
  if (user === undefined) return 'unable';
  if (Object.values(secondsFor(node, state, { user, factors })).includes(true)) return 'second';
  // Whoever has another one is not helped by a new one: the author said which.
  if (!node.enrol || hasSecond(factors) || !node.methods.includes('totp')) return 'unable';
  // Nor may the provider of one tenant give the account a factor that is good in all of them (rooms/users, I15).
  if (boundTenant(proof.by) !== undefined) return 'unable';
  // To set one up takes a fresh sign-in, or whoever finds an open browser would own the account's second factor.
  return isFresh(proof, now) ? 'enrol' : 'password';
}

/** May the person go on without what is asked for: they are signed in, and the flow has a way for that. */
export function maySkip(node: SignInNode, state: JourneyState, draws: (branch: string) => boolean): boolean {
  if (state.proof === undefined || state.first !== undefined) return false;
  return node.kind === 'stepUp' ? draws('unable') : state.demand !== undefined;
}
