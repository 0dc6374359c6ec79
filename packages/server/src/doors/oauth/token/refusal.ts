import type { TokenErrorCode } from '@writ/protocol';
import type { EventData } from '../../../rooms/audit/event.ts';

/** Why nothing is issued. `reason` is the rich word for audit and metrics, `description` the poor one for the caller. */
export type Refusal = {
  error: TokenErrorCode;
  reason: string;
  description: string;
  decision?: string;
  evidence?: EventData;
  /** 400 unless said otherwise; 401 for a client that is not (or no longer) one. */
  status?: number;
  /** Members beside the error: `approval_id`, `interval`, `connect_url`. */
  extra?: Readonly<Record<string, unknown>>;
  headers?: Readonly<Record<string, string>>;
};

export function refusal(error: TokenErrorCode, reason: string, description: string): Refusal {
  return { error, reason, description };
}
