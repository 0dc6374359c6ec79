/** A client that a run may be made for. `signsIn`: people sign in for it, so there is a journey to play. */
export type Signing = { readonly id: string; readonly name: string; readonly signsIn: boolean };

/** Grants in which somebody is asked: by the browser of the moment, or by another device. */
const ASKING: ReadonlySet<string> = new Set([
  'authorization_code',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:openid:params:grant-type:ciba',
]);

export function signsIn(grants: readonly string[]): boolean {
  return grants.some((grant) => ASKING.has(grant));
}

/** The client that a run begins with; empty: none here ever signs anybody in. */
export function clientToRun(clients: readonly Signing[]): string {
  return clients.find((one) => one.signsIn)?.id ?? '';
}

/** What is missing for a run to be one that could happen. Undefined: nothing is. */
export function missingLogin(clients: readonly Signing[], chosen: string): string | undefined {
  const found = clients.find(({ id }) => id === chosen);
  if (found !== undefined) return found.signsIn ? undefined : `${found.name} acts for itself: nobody signs in for it, and no flow runs.`;
  return clients.some((one) => one.signsIn)
    ? undefined
    : 'No client here signs people in. Register one with the grant authorization_code and a redirect URI; until then nobody asks for this journey.';
}
