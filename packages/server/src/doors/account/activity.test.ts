import { describe, expect, it } from 'vitest';
import { toEvent, type EventDraft } from '../../rooms/audit/event.ts';
import { activityOf, type Names } from './activity.ts';

const NAMES: Names = {
  resource: (id) => (id === 'ops' ? 'Operations' : undefined),
  connection: (id) => (id === 'calendar' ? 'Calendar' : undefined),
  scope: (_, name) => (name === 'incidents:read' ? 'Read incidents' : name),
};

const entry = (draft: Pick<EventDraft, 'type'> & Partial<EventDraft>) =>
  toEvent(
    { initiator: 'agent-for-human', actor: { user: 'ann', agent: 'agt_1' }, outcome: 'success', origin: { request: 'r' }, ...draft },
    { id: 'evt_1', seq: 1, time: '2026-11-21T12:00:00.000Z', prev: '' },
  );
const lines = (...entries: Parameters<typeof entry>[0][]) => activityOf(entries.map(entry), 'ann', NAMES);
const issued = { type: 'token.issued' as const, target: { type: 'resource', id: 'ops' }, data: { scopes: ['incidents:read'] } };

describe('what an agent did, in sentences', () => {
  it('names resource and scopes as people call them', () => {
    expect(lines(issued)).toMatchObject([
      { words: 'Got access to', what: 'Operations', scopes: ['Read incidents'], refused: false, times: 1 },
    ]);
  });

  it('counts what repeats in a row, and only in a row', () => {
    const called = { type: 'credential.used' as const, target: { type: 'connection', id: 'calendar' } };
    expect(lines(called, called, issued, called).map(({ what, times }) => [what, times])).toEqual([
      ['Calendar', 2],
      ['Operations', 1],
      ['Calendar', 1],
    ]);
  });

  it('ends a sentence where nothing is known of what it was about', () => {
    expect(lines({ type: 'approval.requested' })[0]?.words).toBe('Asked for an approval');
  });

  it('says why something was refused where its person could do something about it', () => {
    const refused = { type: 'token.refused' as const, outcome: 'refused' as const };
    expect(lines({ ...refused, reason: 'budget_spent' })[0]).toMatchObject({
      refused: true,
      because: 'it had used up what it may in that time',
    });
    expect(lines({ ...refused, reason: 'malformed_scope' })[0]).not.toHaveProperty('because');
  });

  it('leaves out what says nothing to a user, and entries of others', () => {
    expect(lines({ type: 'journey.started' }, { ...issued, actor: { user: 'bob', agent: 'agt_1' } })).toEqual([]);
  });

  it('is bounded', () => {
    const many = Array.from({ length: 90 }, (_, n) => ({ ...issued, data: { scopes: [`s${n}`] } }));
    expect(lines(...many)).toHaveLength(20);
  });
});
