import { z } from 'zod';

const off = z.boolean().default(false);

/** How requests must be protected, hub-wide; a client or a resource can only ask for more. */
export const protectionSetting = z.strictObject({
  /** `nonce`: each proof holds a nonce of the hub (RFC 9449 §8), so that none can be made in advance. */
  dpop: z.strictObject({ nonce: off }).default({ nonce: false }),
  /** `required`: no authorization request comes through the browser's address bar (RFC 9126 §5). */
  par: z.strictObject({ required: off }).default({ required: false }),
  /** `required`: no authorization request is unsigned. `requireId`: no signed one without `jti`; one with a `jti` leads to one code in any case. */
  requestObjects: z.strictObject({ required: off, requireId: off }).default({ required: false, requireId: false }),
});
export type ProtectionSetting = z.infer<typeof protectionSetting>;

export const DEFAULT_PROTECTION: ProtectionSetting = protectionSetting.parse({});
