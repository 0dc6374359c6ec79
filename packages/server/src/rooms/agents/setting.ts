import { z } from 'zod';

/** What the directory calls dormant, and whether the agents of somebody who leaves are stopped until another answers for them. */
export const agentSetting = z.strictObject({
  /** Days without use. */
  dormantDays: z.number().int().min(1).max(3650).default(30),
  /** Freeze the agents of an owner who is stopped, removed, or leaves the agent's tenant. */
  quarantine: z.boolean().default(true),
});
export type AgentSetting = z.infer<typeof agentSetting>;

export const INITIAL: AgentSetting = { dormantDays: 30, quarantine: true };

const DAY = 86_400_000;

/** Milliseconds: what was not used since then is dormant. */
export function idleSince({ dormantDays }: AgentSetting, now: number): number {
  return now - dormantDays * DAY;
}
