import type { FlowTemplate } from './template.ts';

export const ssoByDomain: FlowTemplate = {
  id: 'sso-by-domain',
  title: 'SSO by domain',
  says: 'Asks for the e-mail address first. People of a domain with SSO go straight to their identity provider; a tenant that demands it gets nobody in otherwise.',
  needs: ['a tenant with an identity provider', 'its domain in the condition "route"'],
  flow: {
    id: 'sso-by-domain',
    name: 'SSO by domain',
    purpose: 'authorize',
    start: 'identify',
    nodes: [
      { id: 'identify', kind: 'identify', ask: 'email' },
      { id: 'route', kind: 'condition', branches: [{ name: 'sso', when: 'steps.identify.domain in ["acme.test"]' }] },
      { id: 'sso', kind: 'authenticate', methods: ['sso'], session: 'listed' },
      { id: 'signIn', kind: 'authenticate', methods: ['password', 'passkey', 'email_code'] },
      { id: 'tenant', kind: 'selectTenant', byDomain: true },
      { id: 'enforced', kind: 'condition', branches: [{ name: 'sso', when: 'tenant.sso' }] },
      { id: 'ssoOfTenant', kind: 'authenticate', methods: ['sso'], session: 'listed' },
      { id: 'consent', kind: 'consent' },
      { id: 'done', kind: 'complete' },
    ],
    edges: [
      { from: 'identify', to: 'route' },
      { from: 'route', branch: 'sso', to: 'sso' },
      { from: 'route', branch: 'otherwise', to: 'signIn' },
      { from: 'sso', to: 'tenant' },
      { from: 'signIn', to: 'tenant' },
      { from: 'tenant', to: 'enforced' },
      { from: 'tenant', branch: 'none', to: 'consent' },
      { from: 'enforced', branch: 'sso', to: 'ssoOfTenant' },
      { from: 'enforced', branch: 'otherwise', to: 'consent' },
      { from: 'ssoOfTenant', to: 'consent' },
      { from: 'consent', to: 'done' },
    ],
  },
};
