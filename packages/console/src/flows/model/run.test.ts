import { FLOW_TEMPLATES } from '@writ/flow';
import { describe, expect, test } from 'vitest';
import { affected, differenceLines, graphIn, idFrom, marksOf, NOT_ASSIGNED } from './record.ts';
import { changedBetween, effectWords, litBy, ranOf, signIn } from './run.ts';
import { hostedFace } from './hosted.ts';
import { SAMPLE_NAMES, samplePage, showsPage } from './sample-journey.ts';

const template = (id: string) => graphIn(FLOW_TEMPLATES.find((one) => one.id === id)?.flow);

describe('the page of a node, before anybody runs it', () => {
  test.each(FLOW_TEMPLATES.map(({ id }) => id))('is there for every node of %s that shows one, and for no other', (id) => {
    const graph = template(id);
    const shown = Object.keys(graph.nodes).filter((node) => samplePage(graph, node) !== undefined);
    expect(shown).toEqual(Object.keys(graph.nodes).filter((node) => showsPage(graph, node)));
    expect(shown.length > 0).toBe(id !== 'registration-review');
  });

  test('has the holes of its texts filled', () => {
    expect(samplePage(template('step-up-on-risk'), 'no')).toEqual({
      kind: 'denied',
      message: 'What Acme Desk asks for needs a second factor.',
    });
    expect(samplePage(template('plan-gating'), 'free')).toMatchObject({ message: expect.stringContaining('You are on sample') });
  });

  test('offers what its node offers', () => {
    expect(samplePage(template('step-up-on-risk'), 'second')).toMatchObject({
      factor: 'second',
      methods: ['passkey', 'totp', 'recovery_code'],
    });
    expect(samplePage(template('organisation-picker'), 'tenant')).toMatchObject({ tenants: [{ name: 'Acme' }, { name: 'Globex' }] });
  });
});

describe('the page on a phone', () => {
  const face = (id: string, node: string) => {
    const page = samplePage(template(id), node);
    return page === undefined ? undefined : hostedFace(page, SAMPLE_NAMES, ['Read your notes']);
  };

  test('offers what the node offers, in the words of the hosted pages', () => {
    expect(face('step-up-on-risk', 'signIn')?.buttons).toEqual(['Sign in', 'Sign in with a passkey', 'E-mail me a code instead']);
    expect(face('step-up-on-risk', 'second')).toMatchObject({ title: 'One more step', buttons: ['Continue', 'Use your passkey'] });
    expect(face('step-up-on-risk', 'no')).toMatchObject({
      title: 'This cannot go on',
      lead: 'What Acme Desk asks for needs a second factor.',
    });
    expect(face('organisation-picker', 'tenant')?.parts.map(({ text }) => text)).toEqual(['Acme', 'Globex']);
    expect(face('consent-with-choice', 'consent')).toMatchObject({ title: 'desk.example', buttons: ['Allow', 'Deny'] });
  });
});

describe('a run', () => {
  const step = {
    event: { kind: 'signedIn' },
    from: 'caller' as const,
    before: { user: { name: 'Ann' }, now: 1 },
    passed: [{ node: 'login/signIn', branch: 'next', outputs: {}, context: {} }],
    node: 'risk',
    after: { user: { name: 'Ann', roles: [] }, steps: { plan: { tier: 'pro' } }, now: 2 },
    effect: { kind: 'show', page: { kind: 'consent' } },
    secrets: [],
  };
  const ran = ranOf({
    steps: [step],
    waits: 'person',
    effect: step.effect,
    state: 's',
    stray: null,
    unused: 0,
    digest: '',
    lints: [],
    unknown: [],
  });

  test('lights the way, and of a subflow the node that stands for it', () => {
    const { nodes, lines, at } = litBy(ran.steps);
    expect([[...nodes], [...lines], at]).toEqual([['login'], ['login.next'], 'risk']);
  });

  test('says which names have another value, and not that time has passed', () => {
    expect(changedBetween(ran.steps[0]?.before ?? {}, ran.steps[0]?.after ?? {})).toEqual([
      { path: 'user.roles', before: undefined, after: [] },
      { path: 'steps.plan.tier', before: undefined, after: 'pro' },
    ]);
  });

  test('says where it stands in words', () => {
    expect(ran.effect === undefined ? '' : effectWords(ran.effect)).toBe('Page: consent');
  });

  test('signs in on top of what was proven before, where a further factor is asked for', () => {
    expect(signIn('totp', 'second', { user: 'ann', session: { by: ['passkey'] } })).toEqual({
      kind: 'signedIn',
      by: ['passkey', 'totp'],
      user: 'ann',
    });
    expect(signIn('password', 'first', {})).toMatchObject({ by: ['password'], user: { id: 'somebody' } });
  });
});

describe('what a publication is about', () => {
  test('names whom it concerns', () => {
    expect(affected({ builtIn: false, assigned: NOT_ASSIGNED }, 'authorize')).toEqual([]);
    expect(affected({ builtIn: false, assigned: { ...NOT_ASSIGNED, clients: ['desk', 'cli'], tenants: ['acme'] } }, 'authorize')).toEqual([
      'clients desk, cli',
      'tenant acme',
    ]);
    expect(affected({ builtIn: true, assigned: NOT_ASSIGNED }, 'device')[0]).toContain('Authorization of a device');
  });

  test('lists what is there now, no more, or says something else', () => {
    const [before, after] = [template('consent-with-choice'), template('step-up-on-risk')];
    const lines = differenceLines(before, after).map(({ sign, text }) => `${sign} ${text}`);
    expect(lines).toEqual(expect.arrayContaining(['+ risk (condition)', '+ risk.high -> second', '~ consent (consent)']));
    expect(marksOf(before, after).get('risk')).toBe('added');
    expect(marksOf(before, after).get('consent')).toBe('changed');
    expect(differenceLines(before, before)).toEqual([]);
  });

  test('a name makes an id', () => {
    expect(idFrom('Zweiter Faktor für Ärzte!')).toBe('zweiter-faktor-fur-arzte');
  });
});
