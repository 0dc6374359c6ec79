import type { FlowTemplate } from './template.ts';

export const apiKeyProvisioning: FlowTemplate = {
  id: 'api-key-provisioning',
  title: 'Per-user API key provisioning',
  says: 'After consent your system makes an API key for this person; it goes into the vault, and the agent gets it by token exchange.',
  needs: ['a connection of type api_key, here "search"', 'the address of your system in the call "provision"', 'the secret "provisioning"'],
  flow: {
    id: 'api-key-provisioning',
    name: 'API key provisioning',
    purpose: 'authorize',
    start: 'identify',
    nodes: [
      { id: 'identify', kind: 'identify' },
      { id: 'signIn', kind: 'authenticate', methods: ['password', 'passkey', 'email_code'] },
      { id: 'consent', kind: 'consent' },
      {
        id: 'provision',
        kind: 'http',
        method: 'POST',
        url: 'https://api.example.com/keys',
        headers: { 'Idempotency-Key': '{{user.id}}-{{client.id}}' },
        auth: { kind: 'hmac', header: 'x-signature', secret: 'provisioning' },
        body: { kind: 'json', value: '{"user": user.id, "email": user.email, "client": client.id}' },
        timeout: 5000,
        outputs: {
          key: { type: 'secret', from: 'response.body.key' },
          name: { type: 'text', from: 'response.body.name', required: false },
        },
      },
      { id: 'store', kind: 'storeCredential', connection: 'search', owner: 'user', value: 'provision.key' },
      { id: 'note', kind: 'event', name: 'key.provisioned', data: { client: 'client.id' } },
      { id: 'done', kind: 'complete' },
      {
        id: 'failed',
        kind: 'deny',
        error: 'server_error',
        message: 'Your account could not be prepared for {{client.name}}. Nothing was allowed.',
      },
    ],
    edges: [
      { from: 'identify', to: 'signIn' },
      { from: 'signIn', to: 'consent' },
      { from: 'consent', to: 'provision' },
      { from: 'provision', to: 'store' },
      { from: 'provision', branch: 'failed', to: 'failed' },
      { from: 'store', to: 'note' },
      { from: 'store', branch: 'failed', to: 'failed' },
      { from: 'note', to: 'done' },
    ],
  },
};
