import { describe, expect, it } from 'vitest';
import type { User } from '../users/user.ts';
import { REGISTRATION, rulesOf, type ApprovalRequest } from './approval.ts';

const person = (id: string, tenants: User['tenants']): User => ({
  id,
  email: `${id}@acme.test`,
  tenants,
  attributes: {},
  state: 'active',
  version: 1,
  createdAt: 0,
});
const inAcme = person('rex', [{ id: 'acme', roles: ['reviewer'] }]);
const inGlobex = person('gus', [{ id: 'globex', roles: ['reviewer'] }]);
const inBoth = person('bea', [
  { id: 'acme', roles: [] },
  { id: 'globex', roles: ['reviewer'] },
]);

const registration: ApprovalRequest = {
  clientId: 'c',
  grant: REGISTRATION,
  scopes: [],
  actors: [],
  flow: { version: 'v', node: 'n', message: 'asks' },
};
const rules = (request: ApprovalRequest, user: User) =>
  rulesOf({ request, needs: [{ rule: 'r', from: { roles: ['reviewer'] }, count: 1 }] }, user, undefined);

describe('who may decide on a registration by role', () => {
  it('is whoever has the role in its tenant, and nobody who has it in another', () => {
    const acmes = { ...registration, tenantId: 'acme' };
    expect([inAcme, inGlobex, inBoth].map((user) => rules(acmes, user))).toEqual([['r'], [], []]);
  });

  it('is whoever has it in any, where it is for none', () => {
    expect([inAcme, inGlobex, inBoth].map((user) => rules(registration, user))).toEqual([['r'], ['r'], ['r']]);
  });

  it('is nobody by role for any other request without a tenant', () => {
    const { flow: _, ...other } = registration;
    expect(rules({ ...other, grant: 'client_credentials' }, inAcme)).toEqual([]);
  });
});
