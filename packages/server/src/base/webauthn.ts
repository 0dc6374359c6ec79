import { z } from 'zod';

/** What a browser sends when a passkey was made or used; anything else is not looked at. */
const envelope = { id: z.string().min(1).max(1_400), rawId: z.string().max(1_400), type: z.literal('public-key') };
const encoded = z.string().max(16_000);
const made = z.object({
  ...envelope,
  response: z.object({ clientDataJSON: encoded, attestationObject: encoded, transports: z.array(z.string().max(32)).max(10).optional() }),
});
const used = z.object({
  ...envelope,
  response: z.object({
    clientDataJSON: encoded,
    authenticatorData: encoded,
    signature: encoded,
    userHandle: z.string().max(200).nullish(),
  }),
});

/** Where passkeys of this hub are good. `challenge`: whether this is one that was asked for. */
type Expected = { origin: string; isChallenge(challenge: string): boolean };
export type PublicKey = { id: string; publicKey: Buffer; counter: number };
export type MadeKey = PublicKey & { transports: readonly string[] };
export type UsedKey = { counter: number; verified: boolean; challenge: string };

// Slow to load, and most hubs see their first passkey long after their start.
const library = () => import('@simplewebauthn/server');

function parsed<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The id of the passkey that this says it was used; nothing of it is proven. */
export function claimedKey(text: string): string | undefined {
  return parsed(used, text)?.id;
}

/** A passkey that was made here (WebAuthn §7.1); undefined: it was not, or not properly. Who makes authenticators is not asked. */
export async function verifyMade(text: string, expected: Expected): Promise<MadeKey | undefined> {
  const response = parsed(made, text);
  if (response === undefined) return undefined;
  const { verifyRegistrationResponse } = await library();
  const { clientDataJSON, attestationObject, transports = [] } = response.response;
  try {
    const outcome = await verifyRegistrationResponse({
      response: { ...response, clientExtensionResults: {}, response: { clientDataJSON, attestationObject } },
      expectedChallenge: expected.isChallenge,
      expectedOrigin: expected.origin,
      expectedRPID: new URL(expected.origin).hostname,
      requireUserVerification: false,
    });
    if (!outcome.verified) return undefined;
    const { id, publicKey, counter } = outcome.registrationInfo.credential;
    return { id, publicKey: Buffer.from(publicKey), counter, transports };
  } catch {
    // The library throws for everything that a stranger can send.
    return undefined;
  }
}

/** A passkey that was used here (WebAuthn §7.2). `verified`: it saw a finger, a face or a PIN besides the touch. */
export async function verifyUsed(text: string, expected: Expected, key: PublicKey): Promise<UsedKey | undefined> {
  const response = parsed(used, text);
  if (response === undefined) return undefined;
  const { verifyAuthenticationResponse } = await library();
  const { clientDataJSON, authenticatorData, signature } = response.response;
  let challenge = '';
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: { ...response, clientExtensionResults: {}, response: { clientDataJSON, authenticatorData, signature } },
      expectedChallenge(sent) {
        challenge = sent;
        return expected.isChallenge(sent);
      },
      expectedOrigin: expected.origin,
      expectedRPID: new URL(expected.origin).hostname,
      credential: { id: key.id, publicKey: new Uint8Array(key.publicKey), counter: key.counter },
      requireUserVerification: false,
    });
    return verified ? { counter: authenticationInfo.newCounter, verified: authenticationInfo.userVerified, challenge } : undefined;
  } catch {
    return undefined;
  }
}
