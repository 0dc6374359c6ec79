import { expect, it } from 'vitest';
import { maySendTo } from './secret.ts';

it.each([
  [['api.example.com'], 'https://api.example.com/x', true],
  [['api.example.com'], 'https://api.example.com:8443/x', false],
  [['api.example.com:8443'], 'https://api.example.com:8443/x', true],
  [['api.example.com:443'], 'https://api.example.com/x', true],
  [['api.example.com'], 'https://evil.example.com/x', false],
  [['*.example.com'], 'https://api.example.com/x', true],
  [['*.example.com'], 'https://example.com/x', false],
  [['*.example.com'], 'https://notexample.com/x', false],
  [['api.example.com'], 'https://api.example.com@evil.test/', false],
  [['api.example.com'], 'nonsense', false],
])('a secret for %j goes to %s: %s', (hosts, url, may) => {
  expect(maySendTo(hosts, url)).toBe(may);
});
