import type { CodeFacts } from './facts.ts';

/** A code as it was when it was taken. */
export type TakenCode = { clientId: string; facts: CodeFacts; expiresAt: number };

/** What the token request brings. `challenge`: S256 of the verifier, undefined when none was sent. `jkt`: thumbprint of the key it proved. */
export type CodeClaim = {
  clientId: string;
  redirectUri: string | undefined;
  challenge: string | undefined;
  jkt?: string | undefined;
};

/**
 * Why a code that was taken may not be redeemed, or undefined. Each binding is checked by itself: PKCE does not stand in for the client,
 * nor the client for PKCE (CVE-2026-28513, CVE-2026-92289). By now the code is spent, whatever the answer.
 */
export function codeFault(code: TakenCode, claim: CodeClaim, now: number): string | undefined {
  if (code.clientId !== claim.clientId) return 'client_mismatch';
  if (now >= code.expiresAt) return 'expired';
  if (claim.redirectUri === undefined) return 'redirect_uri_missing';
  if (claim.redirectUri !== code.facts.redirectUri) return 'redirect_uri_mismatch';
  if (claim.challenge === undefined) return 'verifier_missing';
  if (claim.challenge !== code.facts.codeChallenge) return 'verifier_mismatch';
  if (code.facts.jkt !== undefined && code.facts.jkt !== claim.jkt) return 'key_mismatch';
  return undefined;
}
