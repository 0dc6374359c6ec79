import type { EventDraft, EventOrigin } from '../audit/event.ts';
import { byOf, type Provider } from './provider.ts';

/** Somebody came back from a provider, or set out for it, in vain. `detail` is for auditors: nothing of it is shown. */
export function federationFailed(of: {
  provider: Provider | string;
  reason: string;
  detail?: string | undefined;
  journey?: string | undefined;
  user?: string | undefined;
  subject?: string | undefined;
  origin: EventOrigin;
}): EventDraft {
  const { provider } = of;
  return {
    tenant: typeof provider === 'string' ? undefined : provider.tenant,
    type: 'login.failed',
    initiator: 'human',
    actor: { user: of.user },
    target: { type: 'identity provider', id: typeof provider === 'string' ? provider : provider.id },
    outcome: 'refused',
    reason: of.reason,
    origin: of.origin,
    data: {
      method: typeof provider === 'string' ? 'federated' : byOf(provider),
      detail: of.detail,
      journey: of.journey,
      subject: of.subject,
    },
  };
}
