import type { FlowTemplate } from './template.ts';

export const stepUpOnRisk: FlowTemplate = {
  id: 'step-up-on-risk',
  title: 'Second factor for high-risk scopes',
  says: 'Whoever is asked for a high-risk scope proves a second factor before the consent page; the token says so in acr and amr.',
  needs: [],
  flow: {
    id: 'step-up-on-risk',
    name: 'Second factor for high-risk scopes',
    purpose: 'authorize',
    start: 'identify',
    nodes: [
      { id: 'identify', kind: 'identify' },
      { id: 'signIn', kind: 'authenticate', methods: ['password', 'passkey', 'email_code'] },
      { id: 'tenant', kind: 'selectTenant' },
      { id: 'risk', kind: 'condition', branches: [{ name: 'high', when: 'request.risk == "high"' }] },
      { id: 'second', kind: 'stepUp', methods: ['passkey', 'totp', 'recovery_code'], enrol: true },
      { id: 'consent', kind: 'consent' },
      { id: 'done', kind: 'complete' },
      {
        id: 'no',
        kind: 'deny',
        error: 'unmet_authentication_requirements',
        message: 'What {{client.name}} asks for needs a second factor.',
      },
    ],
    edges: [
      { from: 'identify', to: 'signIn' },
      { from: 'signIn', to: 'tenant' },
      { from: 'tenant', to: 'risk' },
      { from: 'risk', branch: 'high', to: 'second' },
      { from: 'risk', branch: 'otherwise', to: 'consent' },
      { from: 'second', to: 'consent' },
      { from: 'second', branch: 'unable', to: 'no' },
      { from: 'consent', to: 'done' },
    ],
  },
};
