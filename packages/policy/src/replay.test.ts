import { describe, expect, it } from 'vitest';
import { compilePolicies, createReplay, decide, replay, withoutRule } from './index.ts';
import type { PolicyRule, Recorded } from './index.ts';
import { requestWith, ruleOf } from './fixtures.suite.ts';

const reads = ruleOf({ id: 'reads', effect: 'allow', subject: { any: true }, target: { resources: ['ops'] }, scopes: ['read'] });
const writes = ruleOf({ id: 'writes', effect: 'allow', subject: { clients: ['a', 'b'] }, target: { resources: ['ops'] }, scopes: 'all' });
const noDcr = ruleOf({
  id: 'no-dcr',
  effect: 'deny',
  subject: { conditions: [{ key: 'client.registrationType', operator: 'equals', value: 'dcr' }] },
  target: { resources: 'all' },
  scopes: ['write'],
});
const short = ruleOf({
  id: 'short',
  effect: 'require',
  subject: { any: true },
  target: { resources: 'all' },
  scopes: ['write'],
  require: { maxLifetime: 60 },
});
const shallow = ruleOf({
  id: 'shallow',
  effect: 'require',
  subject: { any: true },
  target: { resources: 'all' },
  scopes: 'all',
  require: { maxDelegationDepth: 0 },
});

function asked(id: string, client: string, change: Record<string, unknown> = {}): Recorded {
  return {
    id,
    request: requestWith({
      scopes: ['read', 'write'],
      client: { id: client },
      agent: { id: `agent-${client}`, state: 'active' },
      ...change,
    }),
  };
}
const RECORDED = [
  asked('1', 'a'),
  asked('2', 'b', { client: { id: 'b', registrationType: 'dcr' } }),
  asked('3', 'c'),
  asked('4', 'a', { scopes: ['read'] }),
];
const between = (current: readonly PolicyRule[], draft: readonly PolicyRule[], recorded: Iterable<Recorded> = RECORDED) =>
  replay(compilePolicies(current), compilePolicies(draft), recorded);

describe('a replay', () => {
  it('finds no difference between a set and itself, whatever the order', () => {
    const report = between([reads, writes, noDcr, short], [short, noDcr, writes, reads]);
    expect(report).toMatchObject({ total: 4, changed: 0, gained: 0, lost: 0, requirements: 0, samples: [], byRule: [], cut: false });
  });

  it('says who loses what through an added deny', () => {
    const report = between([reads, writes], [reads, writes, noDcr]);
    expect(report).toMatchObject({ total: 4, changed: 1, gained: 0, lost: 1, requirements: 0 });
    expect(report.byClient).toEqual([{ client: 'b', changed: 1, gained: 0, lost: 1, requirements: 0 }]);
    expect(report.byAgent).toEqual([{ agent: 'agent-b', client: 'b', changed: 1, gained: 0, lost: 1, requirements: 0 }]);
    expect(report.byScope).toEqual([
      { target: { kind: 'resource', id: 'ops' }, scope: 'write', changed: 1, gained: 0, lost: 1, requirements: 0 },
    ]);
    expect(report.byRule).toEqual([{ rule: 'no-dcr', changed: 1, gained: 0, lost: 1, requirements: 0 }]);
    expect(report.samples).toMatchObject([{ id: '2', client: 'b', before: 'allow', after: 'narrow', lost: ['write'], gained: [] }]);
  });

  it('blames the removed allow for what is lost, and not one that stays', () => {
    const report = between([reads, writes], [reads]);
    expect(report).toMatchObject({ changed: 2, lost: 2 });
    expect(report.byRule).toEqual([{ rule: 'writes', changed: 2, gained: 0, lost: 2, requirements: 0 }]);
  });

  it('says what is gained, and through which rules', () => {
    const report = between([reads, writes, noDcr], [reads, writes]);
    expect(report).toMatchObject({ changed: 1, gained: 1, lost: 0 });
    expect(report.byRule).toEqual([{ rule: 'no-dcr', changed: 1, gained: 1, lost: 0, requirements: 0 }]);
    const opened = between([reads, shallow], [reads, writes], [asked('5', 'a', { delegation: { depth: 1 } })]);
    expect(opened.byRule.map((one) => one.rule)).toEqual(['shallow', 'writes']);
    expect(opened.samples[0]?.causes).toEqual([
      { rule: 'shallow', scopes: ['read', 'write'] },
      { rule: 'writes', scopes: ['write'] },
    ]);
  });

  it('counts requirements that are added, dropped or changed on what stays granted', () => {
    const stricter = { ...short, require: { maxLifetime: 30 } };
    const of = (current: readonly PolicyRule[], draft: readonly PolicyRule[]) => between(current, draft).samples[0]?.requirements;
    expect(of([writes], [writes, short])).toEqual([{ rule: 'short', change: 'added', scopes: ['write'] }]);
    expect(of([writes, short], [writes])).toEqual([{ rule: 'short', change: 'dropped', scopes: ['write'] }]);
    expect(of([writes, short], [writes, stricter])).toEqual([{ rule: 'short', change: 'changed', scopes: ['write'] }]);
    expect(between([writes, short], [writes, stricter])).toMatchObject({ changed: 2, gained: 0, lost: 0, requirements: 2 });
  });

  it('counts decisions of the past that today would be others already', () => {
    const recorded: Recorded[] = [
      { ...asked('1', 'a'), decision: { granted: ['read'] } },
      { ...asked('2', 'a'), decision: { granted: ['write', 'read'] } },
    ];
    expect(between([reads, writes], [reads, writes], recorded)).toMatchObject({ total: 2, drifted: 1, changed: 0 });
  });

  it('keeps few samples and rows however many decisions differ, and says so', () => {
    const running = createReplay(compilePolicies([reads]), compilePolicies([]), { samples: 3, rows: 5 });
    for (let at = 0; at < 12_000; at += 1) running.add(asked(String(at), `client-${String(at)}`));
    const report = running.report();
    expect(report).toMatchObject({ total: 12_000, changed: 12_000, lost: 12_000, cut: true });
    expect(report.samples.map((one) => one.id)).toEqual(['0', '1', '2']);
    expect(report.byClient).toHaveLength(5);
    expect(report.byRule).toEqual([{ rule: 'reads', changed: 12_000, gained: 0, lost: 12_000, requirements: 0 }]);
  });

  it('agrees with deciding twice', () => {
    const current = compilePolicies([reads, writes, noDcr, short]);
    const draft = compilePolicies([reads, shallow]);
    for (const one of RECORDED) {
      const same = decide(current, one.request).granted.join() === decide(draft, one.request).granted.join();
      expect(replay(current, draft, [one]).gained + replay(current, draft, [one]).lost > 0).toBe(!same);
    }
  });
});

describe('removing a rule', () => {
  const set = compilePolicies([reads, writes, noDcr]);
  it('shows what breaks', () => {
    expect(withoutRule(set, 'writes', RECORDED)).toMatchObject({ total: 4, changed: 1, lost: 1, byClient: [{ client: 'a' }] });
  });
  it('shows what opens when a deny goes', () => {
    expect(withoutRule(set, 'no-dcr', RECORDED)).toMatchObject({ changed: 1, gained: 1, byClient: [{ client: 'b' }] });
  });
  it('changes nothing for a rule that there is not', () => {
    expect(withoutRule(set, 'nothing', RECORDED)).toMatchObject({ changed: 0 });
  });
});
