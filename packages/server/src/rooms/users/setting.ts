import { z } from 'zod';

/**
 * How people come by an account: `invite`, only by invitation; `open`, also by themselves once their address is proven. `secondFactor`:
 * `required` has everybody set one up at the next sign-in.
 */
export const accountSetting = z.strictObject({
  registration: z.enum(['invite', 'open']),
  secondFactor: z.enum(['offered', 'required']).default('offered'),
});
export type AccountSetting = z.infer<typeof accountSetting>;
export type Registration = AccountSetting['registration'];

export const DEFAULT_ACCOUNTS: AccountSetting = { registration: 'invite', secondFactor: 'offered' };
