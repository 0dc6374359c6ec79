import type { FlowTemplate } from './template.ts';

export const organisationPicker: FlowTemplate = {
  id: 'organisation-picker',
  title: 'Organisation picker',
  says: 'The token is for one tenant, which the person picks; it is taken without a question where the e-mail domain tells.',
  needs: ['tenants'],
  flow: {
    id: 'organisation-picker',
    name: 'Organisation picker',
    purpose: 'authorize',
    start: 'identify',
    nodes: [
      { id: 'identify', kind: 'identify' },
      { id: 'signIn', kind: 'authenticate', methods: ['password', 'passkey', 'email_code'] },
      { id: 'tenant', kind: 'selectTenant', required: true, byDomain: true },
      { id: 'consent', kind: 'consent' },
      { id: 'done', kind: 'complete' },
      {
        id: 'nobody',
        kind: 'deny',
        message: '{{client.name}} works for organisations. {{user.email}} belongs to none: ask your administrator for an invitation.',
      },
    ],
    edges: [
      { from: 'identify', to: 'signIn' },
      { from: 'signIn', to: 'tenant' },
      { from: 'tenant', to: 'consent' },
      { from: 'tenant', branch: 'none', to: 'nobody' },
      { from: 'consent', to: 'done' },
    ],
  },
};
