/** Ways to prove who someone is. `password` and `email_code` are also the words of the hosted pages' buttons. */
export type Method = 'password' | 'email_code';

/**
 * What a flow is made of. Data only: what a node means is `step`'s business, what it does to the world is the dispatcher's.
 * `next` names the node that follows.
 */
export type FlowNode =
  /** Who is here: the session that the browser already holds, or nobody yet. */
  | { readonly kind: 'identify'; readonly next: string }
  | { readonly kind: 'authenticate'; readonly methods: readonly Method[]; readonly next: string }
  /** Asks only when the user has several tenants and the request named none. */
  | { readonly kind: 'selectTenant'; readonly next: string }
  | { readonly kind: 'consent'; readonly next: string; readonly refused: string }
  | { readonly kind: 'complete' }
  | { readonly kind: 'deny' };

export type NodeKind = FlowNode['kind'];

/** A graph of nodes by id. `version` is kept by a running journey: a newer one never changes its course. */
export type Flow = {
  readonly id: string;
  readonly version: number;
  readonly start: string;
  readonly nodes: Readonly<Record<string, FlowNode>>;
};

/** The course of an authorization request: sign in, choose the tenant, consent, code. */
export const authorizeFlow: Flow = {
  id: 'authorize',
  version: 1,
  start: 'identify',
  nodes: {
    identify: { kind: 'identify', next: 'authenticate' },
    authenticate: { kind: 'authenticate', methods: ['password', 'email_code'], next: 'tenant' },
    tenant: { kind: 'selectTenant', next: 'consent' },
    consent: { kind: 'consent', next: 'complete', refused: 'deny' },
    complete: { kind: 'complete' },
    deny: { kind: 'deny' },
  },
};

/** Signing in at the hub itself (account pages): nobody to consent to. */
export const signInFlow: Flow = {
  id: 'sign-in',
  version: 1,
  start: 'identify',
  nodes: {
    identify: { kind: 'identify', next: 'authenticate' },
    authenticate: { kind: 'authenticate', methods: ['password', 'email_code'], next: 'complete' },
    complete: { kind: 'complete' },
  },
};

/** What is wrong with a graph: a start or `next` that leads nowhere, a node that nothing leads to. Empty when it can be run. */
export function validateFlow(flow: Flow): readonly string[] {
  const leads = (id: string): readonly string[] => {
    const node = flow.nodes[id];
    if (node === undefined || !('next' in node)) return [];
    return 'refused' in node ? [node.next, node.refused] : [node.next];
  };
  const faults: string[] = [];
  const reached = new Set<string>();
  const open = [flow.start];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    if (flow.nodes[id] === undefined) faults.push(`no node "${id}"`);
    open.push(...leads(id));
  }
  for (const id of Object.keys(flow.nodes)) if (!reached.has(id)) faults.push(`nothing leads to "${id}"`);
  if (![...reached].some((id) => flow.nodes[id]?.kind === 'complete')) faults.push('no way to complete');
  return faults;
}
