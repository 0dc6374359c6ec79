import { expect, it } from 'vitest';
import { registrationWords } from './registration.ts';

it('says that a list without hosts bars none', () => {
  expect(registrationWords({ cimd: { enabled: true, hosts: [] }, dcr: { enabled: true } })).toBe(
    'clients register by themselves: by their own document (CIMD) from any host that the hub lets in; or over the wire (DCR)',
  );
  expect(registrationWords({ cimd: { enabled: true, hosts: ['*.acme.test'] }, dcr: { enabled: false } })).toBe(
    'clients register by themselves: by their own document (CIMD) from *.acme.test',
  );
  expect(registrationWords({ cimd: { enabled: false, hosts: [] }, dcr: { enabled: false } })).toBe('clients do not register by themselves');
});
