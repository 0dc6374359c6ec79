import type { Inbound, Reply } from '../../../base/http/message.ts';
import type { Result } from '../../../base/result.ts';
import type { EventDraft } from '../../../rooms/audit/event.ts';
import type { Audit } from '../../../rooms/audit/store.ts';
import type { Client } from '../../../rooms/clients/client.ts';
import type { AuthenticationFault, GrantFault } from '../../../rooms/clients/credentials.ts';
import type { Vouched } from '../../../rooms/issuers/issuer.ts';
import type { ProofRefusal, ProvenKey } from '../dpop.ts';
import type { Form } from '../form.ts';
import { refusedReply, unauthenticatedReply, issuedReply } from './answer.ts';
import type { ClientRequest, Grant, Refuse, Settle } from './grant.ts';
import { refusal, type Refusal } from './refusal.ts';
import { readTokenRequest, type TokenRequest } from './request.ts';

export type PipelineDeps = {
  audit: Pick<Audit, 'record'>;
  authenticate(of: {
    form: Form;
    authorization: string | undefined;
    now: number;
    ip: string;
  }): Promise<Result<{ client: Client; vouched?: Vouched | undefined }, AuthenticationFault | GrantFault>>;
  /** Judges the DPoP proof of a request that has one, or must have one. */
  proveKey(
    inbound: Inbound,
    of: { path: string; client: Client; targets: readonly string[]; now: number },
  ): Promise<Result<ProvenKey, ProofRefusal>>;
  grants: readonly Grant[];
  settle: Settle;
  refuse: Refuse;
  /** False when this address has had so many refusals recorded that more would only fill the log; they are still counted in the metrics. */
  mayRecord(ip: string, now: number): boolean;
  observe(of: { grantType: string; result: 'issued' | 'refused'; reason: string; seconds: number }): void;
};

/**
 * Every token that this hub issues comes through here, in these phases (README.md has the table):
 *
 * 1 read the form once · 2 authenticate the client · 2½ the key it proves, if it proves one · 3 its state and its right to the grant ·
 * 4 scope and audience · 5 the grant proves · 6 policy and what it requires · 7 sign · 8 commit with the audit entry · 9 write.
 *
 * A grant brings 5 and chooses the commit of 8; 6 and 7 are handed to it as one function that it cannot take apart.
 */
export function createTokenEndpoint(deps: PipelineDeps): (request: Inbound, now: number) => Promise<Reply> {
  const grants = new Map(deps.grants.map((grant) => [grant.type, grant]));
  return async (inbound, now) => {
    const began = performance.now();
    const done = (grantType: string, result: 'issued' | 'refused', reason: string): void =>
      deps.observe({ grantType: grants.has(grantType) ? grantType : 'other', result, reason, seconds: (performance.now() - began) / 1000 });

    // 1
    const read = readTokenRequest(inbound, now);
    if (!read.ok) {
      done('other', 'refused', read.error.reason);
      return refusedReply(read.error, inbound.requestId);
    }
    const request = read.value;

    // 2
    const proved = await deps.authenticate({ form: request.form, authorization: request.authorization, now, ip: request.ip });
    if (!proved.ok) {
      if (deps.mayRecord(request.ip, now)) await deps.audit.record(unauthenticated(request, proved.error));
      done(request.grantType, 'refused', proved.error.reason);
      return unauthenticatedReply(proved.error, inbound.requestId);
    }
    const { client, vouched } = proved.value;
    const clientRequest: ClientRequest = { ...request, client, vouched };

    // 2½
    let nonce: Readonly<Record<string, string>> | undefined;
    if (inbound.header('dpop') !== undefined || clientRequest.client.settings.dpopBoundAccessTokens === true) {
      const key = await deps.proveKey(inbound, { path: inbound.path, client: clientRequest.client, targets: request.targets, now });
      if (!key.ok) {
        await deps.audit.record(deps.refuse(clientRequest, key.error));
        done(request.grantType, 'refused', key.error.reason);
        return refusedReply(key.error, inbound.requestId);
      }
      clientRequest.confirmation = key.value.key;
      nonce = key.value.headers;
    }

    // 3
    const grant = grants.get(request.grantType);
    const barred = grant === undefined ? UNSUPPORTED : mayUse(clientRequest, grant);
    if (grant === undefined || barred !== undefined) {
      const why = barred ?? UNSUPPORTED;
      await deps.audit.record(deps.refuse(clientRequest, why));
      done(request.grantType, 'refused', why.reason);
      return refusedReply(why, inbound.requestId);
    }

    // 4 to 8
    const outcome = await grant.redeem(clientRequest, deps.settle, deps.refuse);

    // 9
    if (!outcome.ok) {
      done(request.grantType, 'refused', outcome.error.reason);
      const { headers } = outcome.error;
      return refusedReply(nonce === undefined ? outcome.error : { ...outcome.error, headers: { ...nonce, ...headers } }, inbound.requestId);
    }
    done(request.grantType, 'issued', '');
    return issuedReply(outcome.value, nonce);
  };
}

const UNSUPPORTED = refusal('unsupported_grant_type', 'unsupported_grant_type', 'This hub does not support that grant.');

/** A client that was frozen authenticates in vain; one that never asked for a grant may not use it; a public one may not act for itself. */
function mayUse({ client, grantType }: ClientRequest, grant: Grant): Refusal | undefined {
  if (client.state !== 'active') return refusal('invalid_client', `client_${client.state}`, 'Client authentication failed.');
  if (grant.confidentialOnly && client.public)
    return refusal('unauthorized_client', 'public_client', 'A public client cannot use this grant.');
  if (!client.grants.includes(grantType))
    return refusal('unauthorized_client', 'grant_not_registered', 'The client is not registered for this grant.');
  return undefined;
}

function unauthenticated(request: TokenRequest, fault: AuthenticationFault | GrantFault): EventDraft {
  return {
    type: 'token.refused',
    initiator: 'agent',
    actor: { client: fault.clientId },
    outcome: 'refused',
    reason: fault.reason,
    origin: request.origin,
    data: { detail: fault.detail, error: fault.error, grant: request.grantType.slice(0, 100) },
  };
}
