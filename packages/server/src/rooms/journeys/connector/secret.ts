import { z } from 'zod';
import { secretConfig } from '../../connections/config.ts';

/** Names that a flow may call: as `auth.secret` of a call reads them (packages/flow). */
const name = z.string().regex(/^[A-Za-z][\w.-]{0,99}$/, 'begins with a letter; letters, digits, dot, dash and underscore; at most 100');
const host = z
  .string()
  .toLowerCase()
  .regex(/^(\*\.)?([a-z0-9-]+\.)*[a-z0-9-]+(:\d{1,5})?$/, 'a host name, *.host, or host:port');

/** A secret that calls of flows send, as the config file says it. */
export const flowSecretConfig = z
  .strictObject({
    id: name,
    /** Where it may be sent. Who may draw flows may thereby not send it to a host of their own. */
    hosts: z.array(host).min(1).max(50),
    /** A token, a password, a shared secret or a private key in PEM. Absent: what is there stays. */
    value: secretConfig.optional(),
  })
  .meta({ id: 'FlowSecretConfig' });
export type FlowSecretConfig = z.output<typeof flowSecretConfig>;

export type FlowSecret = { id: string; hosts: readonly string[]; version: number; createdAt: number };

export function toFlowSecretConfig({ id, hosts }: FlowSecret): FlowSecretConfig {
  return { id, hosts: [...hosts] };
}

/** Whether a secret for these hosts may go to this address. A host without a port means its usual one. */
export function maySendTo(hosts: readonly string[], url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { host: asked, hostname, port } = new URL(url);
  return hosts.some((one) => {
    if (one.startsWith('*.')) return port === '' && hostname.endsWith(one.slice(1)) && hostname.length > one.length - 1;
    return one === asked || one === `${hostname}:${port === '' ? '443' : port}`;
  });
}
