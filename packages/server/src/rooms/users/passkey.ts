/** What the page hands to the browser (WebAuthn §5.4, §5.5), as JSON; bytes in base64url. */
export type PasskeyRequest = {
  challenge: string;
  rpId: string;
  timeout: number;
  userVerification: 'required' | 'preferred';
  allowCredentials: readonly KeyName[];
};
export type PasskeyCreation = {
  challenge: string;
  rp: { id: string; name: string };
  user: { id: string; name: string; displayName: string };
  pubKeyCredParams: readonly { type: 'public-key'; alg: number }[];
  timeout: number;
  excludeCredentials: readonly KeyName[];
  authenticatorSelection: { residentKey: 'preferred'; userVerification: 'preferred' };
  attestation: 'none';
};
export type KeyName = { type: 'public-key'; id: string; transports: readonly string[] };

/** EdDSA, ES256, RS256: what authenticators make. */
export const KEY_ALGS = [-8, -7, -257].map((alg) => ({ type: 'public-key' as const, alg }));

/** A person needs a few; a list without end is somebody else's work. */
export const MOST_PASSKEYS = 20;
