import { expect, test } from 'vitest';
import { clientToRun, missingLogin, signsIn } from './sign-in.ts';

const of = (id: string, ...grants: string[]) => ({ id, name: id, signsIn: signsIn(grants) });
const WORKER = of('worker', 'client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange');

test('a run begins with a client that people sign in for, and not with a service', () => {
  const clients = [WORKER, of('desk', 'authorization_code', 'refresh_token'), of('other', 'authorization_code')];
  expect(clientToRun(clients)).toBe('desk');
  expect(clientToRun([WORKER, of('tv', 'urn:ietf:params:oauth:grant-type:device_code')])).toBe('tv');
  expect([missingLogin(clients, 'desk'), missingLogin(clients, '')]).toEqual([undefined, undefined]);
});

test('where nobody can sign in, it says what is missing', () => {
  expect(clientToRun([WORKER])).toBe('');
  expect(missingLogin([WORKER], '')).toContain('authorization_code');
  expect(missingLogin([], '')).toContain('No client here');
  expect(missingLogin([WORKER], 'worker')).toContain('worker acts for itself');
});
