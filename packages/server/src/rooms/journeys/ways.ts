import type { GraphNode } from '@writ/flow';

/** A node that has somebody sign in. */
export type SignInNode = Extract<GraphNode, { kind: 'authenticate' | 'stepUp' }>;

/**
 * By which ways the first page of a sign-in lets somebody in. A mail holds a code and a link with it, so each of the two words means both. A step-up
 * that comes back to the first factor takes any: it is only the way to the second.
 */
export function waysInto(node: SignInNode): readonly string[] {
  if (node.kind === 'stepUp') return ['password', 'passkey', 'email_code'];
  const mail = node.methods.includes('magic_link') && !node.methods.includes('email_code') ? ['email_code'] : [];
  return [...node.methods, ...mail];
}
