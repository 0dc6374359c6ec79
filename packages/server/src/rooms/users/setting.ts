import { z } from 'zod';

/** How people come by an account: `invite`, only by invitation; `open`, also by themselves once their address is proven. */
export const accountSetting = z.strictObject({ registration: z.enum(['invite', 'open']) });
export type AccountSetting = z.infer<typeof accountSetting>;
export type Registration = AccountSetting['registration'];

export const DEFAULT_ACCOUNTS: AccountSetting = { registration: 'invite' };
