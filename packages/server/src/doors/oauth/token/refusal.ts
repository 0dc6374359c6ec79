import type { TokenErrorCode } from '@writ/protocol';
import type { EventData } from '../../../rooms/audit/event.ts';

/** Why nothing is issued. `reason` is the rich word for audit and metrics, `description` the poor one for the caller. */
export type Refusal = { error: TokenErrorCode; reason: string; description: string; decision?: string; evidence?: EventData };

export function refusal(error: TokenErrorCode, reason: string, description: string): Refusal {
  return { error, reason, description };
}
