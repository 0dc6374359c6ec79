import { prove } from './auth.ts';
import type { Settings } from './config.ts';
import type { ProofKey } from './dpop.ts';
import type { Answer, HubMetadata } from './hub.ts';
import { HubUnreachableError, askHub } from './hub.ts';
import type { Form, Outcome } from './outcome.ts';
import { readOutcome } from './outcome.ts';

/** The hub's endpoints that this client may post to, as itself. */
export type TokenDoor = {
  /** Asks for a token. `interval`: seconds between questions so far, where it polls. */
  ask(form: Form, interval?: number, signal?: AbortSignal): Promise<Outcome>;
  /** Posts to another endpoint of the hub: backchannel or device authorization. */
  post(endpoint: 'backchannelEndpoint' | 'deviceEndpoint', form: Form): Promise<Answer>;
};

function encode(form: Form): URLSearchParams {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(form))
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) body.append(name, one);
  return body;
}

export function createTokenDoor(
  settings: Settings,
  hub: () => Promise<HubMetadata>,
  proofKey: () => Promise<ProofKey | undefined>,
): TokenDoor {
  const { clientId, issuer, auth, clock, fetch } = settings;

  const send = async (url: string, form: Form, bound: ProofKey | undefined, signal: AbortSignal | undefined): Promise<Answer> => {
    const now = clock();
    // An assertion is used once, so each request, also a repeated one, has its own.
    const proved = await prove(auth, { clientId, issuer, now });
    const headers = {
      accept: 'application/json',
      ...proved.headers,
      ...(bound !== undefined && { dpop: await bound.proof({ method: 'POST', url, now }) }),
    };
    return askHub(fetch, url, {
      method: 'POST',
      headers,
      body: encode({ ...form, ...proved.form }),
      ...(signal !== undefined && { signal }),
    });
  };

  return {
    async ask(form, interval, signal) {
      const { tokenEndpoint } = await hub();
      const bound = await proofKey();
      const sentAt = clock();
      const first = await send(tokenEndpoint, form, bound, signal);
      const isNew = bound?.learn(tokenEndpoint, first.headers) === true;
      // RFC 9449 §8: the hub wants its nonce in the proof. The request was not looked at further, so nothing is spent.
      const wantsNonce = first.body['error'] === 'use_dpop_nonce' && isNew;
      const { status, body } = wantsNonce ? await send(tokenEndpoint, form, bound, signal) : first;
      return readOutcome(status, body, form, sentAt, interval);
    },
    async post(endpoint, form) {
      const url = (await hub())[endpoint];
      if (url === undefined) throw new HubUnreachableError(`${issuer} has no such endpoint (${endpoint})`);
      return send(url, form, undefined, undefined);
    },
  };
}
