import { describe, expect, it } from 'vitest';
import { draftOfText } from '../../kit/text-draft.ts';
import { bodyOf, faultAt, judge, ruleDraft, valueOf } from './draft.ts';
import { wordsOf } from '../../ui/words.ts';

describe('a rule as it is written', () => {
  it('keeps the text while it cannot be read, and says why', () => {
    const draft = draftOfText('id: a\neffect: [');
    expect(draft).toMatchObject({ text: 'id: a\neffect: [', value: undefined });
    expect(draft.broken).toBeTypeOf('string');
    expect(draftOfText('- a').broken).toBe('members with their values are expected');
    expect(draftOfText('a: 1\na: 2').broken).toContain('unique');
  });

  it('reads JSON as well as YAML', () => {
    expect(draftOfText('{"id":"a","effect":"deny"}').value).toEqual({ id: 'a', effect: 'deny' });
  });

  it('writes members in the order of reading, whoever changed them last', () => {
    expect(ruleDraft({ scopes: 'all', effect: 'deny', zeta: 1, id: 'a' }).text).toBe('id: a\neffect: deny\nscopes: all\nzeta: 1\n');
  });

  it('is judged by the engine of the hub, with the field of each fault', () => {
    const { parsed } = judge(ruleDraft({ id: 'a', effect: 'allow', subject: { clients: ['all'] }, target: { resources: 'all' } }));
    expect(parsed?.ok).toBe(false);
    const faults = parsed?.ok === false ? parsed.errors : [];
    expect(faultAt(faults, 'subject')).toContain('subject.clients[0]');
    expect(faultAt(faults, 'scopes')).toContain('must be a list');
    expect(faultAt(faults, 'effect')).toBeUndefined();
  });

  it('is sent without what only the hub says', () => {
    expect(bodyOf({ id: 'a', version: 3, createdAt: 1, updatedAt: 2, effect: 'deny' })).toEqual({ effect: 'deny' });
  });

  it.each([
    ['user.roles', 'in', 'a, b c', ['a', 'b', 'c']],
    ['user.attributes.level', 'greaterThan', '3', 3],
    ['user.attributes.level', 'equals', '3', '3'],
    ['user.attributes.on', 'equals', 'true', true],
    ['client.name', 'equals', 'Acme Desk, Inc', 'Acme Desk, Inc'],
    ['delegation.depth', 'lessThan', '2', 2],
    ['request.time', 'between', '22:00 06:00', ['22:00', '06:00']],
    ['tenant.id', 'exists', 'false', false],
  ])('reads the value of %s %s %s', (key, operator, text, value) => {
    expect(valueOf(key, operator, text)).toEqual(value);
  });

  it('takes words apart by spaces and commas', () => {
    expect(wordsOf(' a,b  c,\n')).toEqual(['a', 'b', 'c']);
  });
});
