import type { FlowTemplate } from './template.ts';

export const consentWithChoice: FlowTemplate = {
  id: 'consent-with-choice',
  title: 'Consent with choice',
  says: 'Sign in, choose the tenant, and tick what the client may do. Asked every time, of everybody, and a no ends with a sentence.',
  needs: [],
  flow: {
    id: 'consent-with-choice',
    name: 'Consent with choice',
    purpose: 'authorize',
    start: 'identify',
    nodes: [
      { id: 'identify', kind: 'identify' },
      { id: 'signIn', kind: 'authenticate', methods: ['password', 'passkey', 'email_code'] },
      { id: 'tenant', kind: 'selectTenant' },
      { id: 'consent', kind: 'consent', skipFirstParty: false, remember: false },
      { id: 'done', kind: 'complete' },
      { id: 'no', kind: 'deny', message: 'You allowed {{client.name}} nothing. You can close this page.' },
    ],
    edges: [
      { from: 'identify', to: 'signIn' },
      { from: 'signIn', to: 'tenant' },
      { from: 'tenant', to: 'consent' },
      { from: 'consent', to: 'done' },
      { from: 'consent', branch: 'refused', to: 'no' },
    ],
  },
};
