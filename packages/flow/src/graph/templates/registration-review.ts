import type { FlowTemplate } from './template.ts';

export const registrationReview: FlowTemplate = {
  id: 'registration-review',
  title: 'Registration review',
  says: 'A client that registers itself is let in when its host is known, sent to a reviewer otherwise, and tagged either way.',
  needs: ['the hosts in the condition "known"', 'a role "client-reviewer"'],
  flow: {
    id: 'registration-review',
    name: 'Registration review',
    purpose: 'registration',
    start: 'known',
    nodes: [
      {
        id: 'known',
        kind: 'condition',
        branches: [
          { name: 'refuse', when: 'client.redirectHosts.exists(host, host.endsWith(".invalid"))' },
          { name: 'ours', when: 'client.host == "acme.test" || client.host.endsWith(".acme.test")' },
        ],
      },
      {
        id: 'review',
        kind: 'requestApproval',
        from: { roles: ['client-reviewer'] },
        expiresIn: 604_800,
        message: 'The client {{client.name}} of {{client.host}} asks to register.',
      },
      { id: 'trusted', kind: 'complete', outputs: { tags: '["known-host"]' } },
      { id: 'reviewed', kind: 'complete', outputs: { tags: '["reviewed"]' } },
      { id: 'no', kind: 'deny', message: 'This hub does not take registrations of this client.' },
    ],
    edges: [
      { from: 'known', branch: 'refuse', to: 'no' },
      { from: 'known', branch: 'ours', to: 'trusted' },
      { from: 'known', branch: 'otherwise', to: 'review' },
      { from: 'review', to: 'reviewed' },
      { from: 'review', branch: 'refused', to: 'no' },
    ],
  },
};
