import type { Hub } from './hub.suite.ts';

/** A flow as a test draws it: nodes one after the other, and the branches that lead elsewhere. */
export type Drawing = {
  nodes: readonly Record<string, unknown>[];
  also?: readonly { from: string; branch: string; to: string }[];
  purpose?: string;
};

export const SIGN_IN = { id: 'signIn', kind: 'authenticate', methods: ['password', 'passkey', 'email_code'] };
export const CONSENT = { id: 'consent', kind: 'consent' };
export const DONE = { id: 'done', kind: 'complete' };

/** Draws, publishes, and assigns to one client (or everywhere). Says the digest of what is now in force. */
export async function drawn(hub: Hub, id: string, { nodes, also = [], purpose = 'authorize' }: Drawing, client?: string): Promise<string> {
  const line = nodes.slice(1).flatMap((node, at) => {
    const from = nodes[at];
    // What ends a journey leads nowhere, and what decides has no `next`.
    return ['complete', 'deny', 'condition'].includes(String(from?.['kind'])) ? [] : [{ from: from?.['id'], to: node['id'] }];
  });
  await said(hub, 'PUT', `/admin/v1/flows/${id}`, { purpose, start: nodes[0]?.['id'], nodes, edges: [...line, ...also] });
  const { published } = await said(hub, 'POST', `/admin/v1/flows/${id}/publish`, {});
  await said(hub, 'POST', `/admin/v1/flows/${id}/assign`, client === undefined ? { everywhere: true } : { client });
  return published.digest;
}

async function said(hub: Hub, method: string, path: string, body: unknown) {
  const answer = await hub.admin(method, path, body);
  const text = await answer.text();
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${String(answer.status)} ${text}`);
  return JSON.parse(text);
}

/** Takes it away from the client again, so that the next test begins with the built-in flow. */
export async function undrawn(hub: Hub, id: string, client: string): Promise<void> {
  await hub.admin('POST', `/admin/v1/flows/${id}/unassign`, { client });
}
