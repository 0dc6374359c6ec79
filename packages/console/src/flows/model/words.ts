/** Words of the editor for what the flow package calls by its own names: `stepUp` is `Step up`. */
const KINDS: Readonly<Record<string, string>> = {
  screen: 'Screen',
  identify: 'Identify',
  authenticate: 'Sign in',
  stepUp: 'Step up',
  enrol: 'Set up a factor',
  selectTenant: 'Choose tenant',
  condition: 'Condition',
  http: 'HTTP call',
  setClaims: 'Set claims',
  storeCredential: 'Store credential',
  connect: 'Connect account',
  consent: 'Consent',
  tenantConsent: 'Tenant consent',
  requestApproval: 'Request approval',
  updateUser: 'Update user',
  event: 'Audit event',
  subflow: 'Subflow',
  deny: 'Deny',
  complete: 'Complete',
};

export function kindWord(kind: string): string {
  return KINDS[kind] ?? plainWord(kind);
}

/** `maxAge` is `Max age`, `email_code` is `Email code`. */
export function plainWord(name: string): string {
  const words = name
    .replaceAll('_', ' ')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return LABELS[name] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

const LABELS: Readonly<Record<string, string>> = {
  acr: 'Level (acr)',
  url: 'Address',
  byDomain: 'By e-mail domain',
  email_code: 'Code by e-mail',
  magic_link: 'Link by e-mail',
  totp: 'Authenticator app',
  oidc: 'Identity provider',
  sso: 'SSO of the tenant',
  external: 'Page of yours',
  id: 'Id',
};

/** A sentence under a field whose name does not say enough, by kind and field. Only names that there are: a test asks. */
export const HINTS: Readonly<Record<string, string>> = {
  'authenticate.providers': 'Ids of the providers that are offered, one per line; none: all there are.',
  'authenticate.session': 'Which session of this browser is good enough: any, one that came by these methods, or none.',
  'condition.branches':
    'They are asked from the top; the first that is true is taken. A value that may be missing is asked for with has(…) first.',
  'complete.outputs': 'What a flow for registrations adds to the client that registers.',
  'connect.connection': 'Id of the connection.',
  'consent.remember': 'Somebody who allowed the same before is not asked again.',
  'consent.skipFirstParty': 'Nobody is asked for a client that is marked as your own (first party).',
  'deny.error': 'The OAuth error that the client gets.',
  'deny.message': 'What the person reads first. Values go in between double braces: {{client.name}}.',
  'enrol.optional': 'The person may go on without setting one up.',
  'event.name': 'Small letters with a dot, as plan.checked.',
  'http.statuses': 'Statuses that are an answer, one per line; none: 200 to 299.',
  'http.timeout': 'For all tries together.',
  'http.url': 'The host is written out; values such as {{user.id}} may come after it.',
  'identify.ask': 'An e-mail address is asked for only where nobody is signed in.',
  'requestApproval.from': 'Any of these may decide.',
  'selectTenant.byDomain': 'The tenant that owns the domain of the address is taken without a question.',
  'selectTenant.remembered': 'The tenant of the last time is taken without a question.',
  'selectTenant.required': 'Nobody goes on without a tenant.',
  'stepUp.acr': 'The proof must have one of these levels, one per line.',
  'stepUp.enrol': 'Who has no such factor may set one up here.',
  'stepUp.maxAge': 'The oldest proof that is good enough.',
  'storeCredential.accountLabel': 'Tells several accounts of one person apart.',
  'storeCredential.connection': 'Id of the connection.',
  'storeCredential.value': 'A secret output of an earlier call, as provision.key.',
  'subflow.flow': 'Id of the flow that runs here, as a step of this one.',
};
