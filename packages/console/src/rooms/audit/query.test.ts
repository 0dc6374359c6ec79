import { describe, expect, it } from 'vitest';
import { beginOf, queryOf } from './query.ts';

describe('a search of the record', () => {
  it('leaves out what administrators looked at, unless it is asked for', () => {
    expect(queryOf({})).toEqual({ without: 'admin.read' });
    expect(queryOf({ without: 'token.issued' })).toEqual({ without: 'token.issued,admin.read' });
    expect(queryOf({ without: 'admin.read' })).toEqual({ without: 'admin.read' });
    expect(queryOf({ reads: 'shown' })).toEqual({});
    expect(queryOf({ type: 'admin.read' })).toEqual({ type: 'admin.read' });
  });

  it('asks for what the API knows, and for nothing else that stands in the address', () => {
    expect(queryOf({ client: 'robot', user: '', tab: 'x', reads: 'shown' })).toEqual({ client: 'robot' });
  });

  it('looks back by whole minutes', () => {
    expect(beginOf(3_600_000, Date.UTC(2026, 0, 1, 12, 0, 42))).toBe('2026-01-01T11:00:00.000Z');
  });
});
