import { z } from 'zod';
import { CONTAIN_KINDS } from './stop.ts';

/**
 * Who may let go of what is frozen. `secondPerson`: for these kinds one person asks and another confirms; empty: one is enough. `askedFor`: seconds that such a
 * request waits.
 */
export const containmentSetting = z.strictObject({
  secondPerson: z.array(z.enum(CONTAIN_KINDS)).max(CONTAIN_KINDS.length),
  askedFor: z.number().int().min(300).max(2_592_000),
});
export type ContainmentSetting = z.infer<typeof containmentSetting>;

export const DEFAULT_CONTAINMENT: ContainmentSetting = { secondPerson: [], askedFor: 86_400 };
