import type { FlowTemplate } from './template.ts';

export const planGating: FlowTemplate = {
  id: 'plan-gating',
  title: 'Plan gating from an HTTP answer',
  says: 'Asks your own system for the plan of the person or tenant, puts it into the token as a claim, and lets free plans go no further.',
  needs: ['the address of your system in the call "plan"', 'the secret "plan-api"'],
  flow: {
    id: 'plan-gating',
    name: 'Plan gating',
    purpose: 'authorize',
    start: 'identify',
    nodes: [
      { id: 'identify', kind: 'identify' },
      { id: 'signIn', kind: 'authenticate', methods: ['password', 'passkey', 'email_code'] },
      { id: 'tenant', kind: 'selectTenant' },
      {
        id: 'plan',
        kind: 'http',
        method: 'GET',
        url: 'https://api.example.com/plans/{{user.id}}',
        auth: { kind: 'bearer', secret: 'plan-api' },
        timeout: 3000,
        retries: 1,
        outputs: {
          tier: { type: 'text', from: 'response.body.tier' },
          seats: { type: 'number', from: 'response.body.seats', required: false },
        },
      },
      { id: 'paid', kind: 'condition', branches: [{ name: 'yes', when: 'steps.plan.tier in ["pro", "enterprise"]' }] },
      { id: 'claims', kind: 'setClaims', claims: { plan: 'steps.plan.tier' } },
      { id: 'consent', kind: 'consent' },
      { id: 'done', kind: 'complete' },
      { id: 'free', kind: 'deny', message: '{{client.name}} is part of the Pro plan. You are on {{steps.plan.tier}}.' },
      {
        id: 'later',
        kind: 'deny',
        error: 'temporarily_unavailable',
        message: 'Your plan cannot be looked up right now. Please try again in a few minutes.',
      },
    ],
    edges: [
      { from: 'identify', to: 'signIn' },
      { from: 'signIn', to: 'tenant' },
      { from: 'tenant', to: 'plan' },
      { from: 'plan', to: 'paid' },
      { from: 'plan', branch: 'failed', to: 'later' },
      { from: 'paid', branch: 'yes', to: 'claims' },
      { from: 'paid', branch: 'otherwise', to: 'free' },
      { from: 'claims', to: 'consent' },
      { from: 'consent', to: 'done' },
    ],
  },
};
