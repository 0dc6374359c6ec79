import type { Json } from './json.ts';
import type { FlowDocument } from './text.ts';

/** Those that lead elsewhere show up where identity providers are set up. */
const WAYS_IN = ['password', 'passkey', 'email_code', 'magic_link', 'oidc', 'sso', 'external'];

/**
 * The course of an authorization request where nobody drew another: sign in, choose the tenant, consent. What policy wants of a stronger
 * sign-in is asked for once, on the way of `stronger`.
 */
const authorize: FlowDocument = {
  id: 'authorize',
  name: 'Authorization',
  purpose: 'authorize',
  start: 'identify',
  nodes: [
    { id: 'identify', kind: 'identify' },
    { id: 'signIn', kind: 'authenticate', methods: WAYS_IN },
    { id: 'tenant', kind: 'selectTenant' },
    { id: 'consent', kind: 'consent' },
    { id: 'again', kind: 'authenticate', methods: WAYS_IN },
    { id: 'complete', kind: 'complete' },
  ],
  edges: [
    { from: 'identify', to: 'signIn' },
    { from: 'signIn', to: 'tenant' },
    { from: 'tenant', to: 'consent' },
    { from: 'consent', to: 'complete' },
    { from: 'consent', branch: 'stronger', to: 'again' },
    { from: 'again', to: 'consent' },
  ],
};

/** The same for what a device (RFC 8628) or a client behind the browser's back (CIBA) asked: always asked, never remembered. */
function decoupled(id: 'device' | 'ciba', name: string): FlowDocument {
  const nodes: readonly Json[] = [
    { id: 'identify', kind: 'identify' },
    { id: 'signIn', kind: 'authenticate', methods: WAYS_IN },
    { id: 'tenant', kind: 'selectTenant' },
    { id: 'consent', kind: 'consent', skipFirstParty: false, remember: false },
    { id: 'again', kind: 'authenticate', methods: WAYS_IN },
    { id: 'complete', kind: 'complete' },
  ];
  return { ...authorize, id, name, purpose: id, nodes };
}

/** Signing in at the hub itself: nobody to consent to. */
const signIn: FlowDocument = {
  id: 'sign-in',
  name: 'Sign-in at the hub',
  purpose: 'sign_in',
  start: 'identify',
  nodes: [
    { id: 'identify', kind: 'identify' },
    { id: 'signIn', kind: 'authenticate', methods: WAYS_IN },
    { id: 'complete', kind: 'complete' },
  ],
  edges: [
    { from: 'identify', to: 'signIn' },
    { from: 'signIn', to: 'complete' },
  ],
};

/** Connecting an account by a link: somebody signs in, and the account is connected. */
const connect: FlowDocument = { ...signIn, id: 'connect', name: 'Connect an account', purpose: 'connect' };

/** A client that registers itself: whatever the hub's settings let through. */
const registration: FlowDocument = {
  id: 'registration',
  name: 'Registration of a client',
  purpose: 'registration',
  start: 'complete',
  nodes: [{ id: 'complete', kind: 'complete' }],
  edges: [],
};

/** The flow that runs where none is assigned, for each purpose. */
export const BUILT_IN_FLOWS: readonly FlowDocument[] = [
  authorize,
  decoupled('device', 'Authorization of a device'),
  decoupled('ciba', 'Approval in another browser'),
  signIn,
  connect,
  registration,
];
