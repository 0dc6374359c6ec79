import { z } from 'zod';
import { HOST_PATTERN } from './hosts.ts';

const hostPattern = z.string().toLowerCase().max(260).regex(HOST_PATTERN, 'a host name, or *. and a host name');
const hosts = z.array(hostPattern).max(500).default([]);

/** Who may register by themselves, hub-wide; a resource can only be stricter. */
export const registrationSetting = z.strictObject({
  /** `open`: anybody, within limits. `closed`: with an initial access token (RFC 7591 §3). */
  dcr: z
    .strictObject({ mode: z.enum(['open', 'closed']).default('open'), redirectHosts: hosts })
    .default({ mode: 'open', redirectHosts: [] }),
  /** `hosts` empty: any host. A document at one of `verifiedHosts` marks its client verified, as the pack does. */
  cimd: z
    .strictObject({ enabled: z.boolean().default(true), hosts, verifiedHosts: hosts })
    .default({ enabled: true, hosts: [], verifiedHosts: [] }),
});
export type RegistrationSetting = z.infer<typeof registrationSetting>;

/** An initial access token, as kept: it may be used until it expires. */
export type InitialAccessToken = { id: string; name: string; digest: string; expiresAt: number };

export const DEFAULT_SETTING: RegistrationSetting = registrationSetting.parse({});
