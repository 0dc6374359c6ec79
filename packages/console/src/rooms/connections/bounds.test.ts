import { describe, expect, it } from 'vitest';
import { boundWords } from './bounds.ts';

const OPEN = { tenants: [], allowedHosts: [], allowedMethods: [], allowedPaths: [] };

describe('what bounds a connection', () => {
  it('is nothing where nothing is named, and says so', () => {
    expect(boundWords(OPEN, 'tenants')).toBe('every tenant');
    expect(boundWords(OPEN, 'allowedMethods')).toBe('every method');
    expect(boundWords(OPEN, 'allowedPaths')).toBe('every path');
    expect(boundWords({ ...OPEN, provider: 'github' }, 'allowedHosts')).toBe('as the catalogue says');
  });

  it('is what is named', () => {
    expect(boundWords({ ...OPEN, provider: 'github', allowedMethods: ['GET', 'HEAD'] }, 'allowedMethods')).toBe('GET, HEAD');
  });
});
