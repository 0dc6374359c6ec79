import { z } from 'zod';

/**
 * How people are asked, hub-wide. `unknownUsers`: what a backchannel request (CIBA) for somebody who does not exist is answered: `conceal`, the
 * same as for everybody, and nobody ever answers it; `tell`, the error `unknown_user_id` (CIBA §13), which tells its clients who has an account.
 * `freshLogin`: how many seconds ago an approver must have signed in at most.
 */
export const approvalSetting = z.strictObject({
  unknownUsers: z.enum(['conceal', 'tell']),
  freshLogin: z.number().int().min(60).max(86_400),
});
export type ApprovalSetting = z.infer<typeof approvalSetting>;

export const DEFAULT_APPROVALS: ApprovalSetting = { unknownUsers: 'conceal', freshLogin: 900 };
