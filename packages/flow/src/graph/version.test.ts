import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compareFlows } from './compare.ts';
import { expandFlow } from './expand.ts';
import { flowSchema, parseFlowText, parseVersion } from './parse.ts';
import { compiled, fresh, graphOf, play } from './play.suite.ts';
import { lintFlow } from './lint.ts';
import { canonicalFlow, exportFlow, parseLayout } from './text.ts';
import { publishFlow } from './version.ts';
import { compileFlow } from './compile.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const login = graphOf({
  id: 'login',
  purpose: 'sign_in',
  nodes: [
    { id: 'signIn', kind: 'authenticate', methods: ['password'] },
    { id: 'level', kind: 'setClaims', claims: { level: 'user.attributes.level' } },
    { id: 'ask', kind: 'http', url: 'https://api.test/', timeout: 500, outputs: { tier: { type: 'text', from: 'response.body.tier' } } },
    { id: 'free', kind: 'condition', branches: [{ name: 'yes', when: 'steps.ask.tier == "free"' }] },
    { id: 'no', kind: 'deny', message: 'Plan {{steps.ask.tier}} is not enough.' },
    { id: 'done', kind: 'complete' },
  ],
  edges: [
    { from: 'signIn', to: 'level' },
    { from: 'level', to: 'ask' },
    { from: 'ask', to: 'free' },
    { from: 'ask', branch: 'failed', to: 'done' },
    { from: 'free', branch: 'yes', to: 'no' },
    { from: 'free', branch: 'otherwise', to: 'done' },
  ],
});
const outer = graphOf({
  id: 'outer',
  nodes: [
    { id: 'login', kind: 'subflow', flow: 'login' },
    { id: 'set', kind: 'setClaims', claims: { tier: 'has(steps.login.ask.tier) ? steps.login.ask.tier : "none"' } },
    { id: 'consent', kind: 'consent' },
    { id: 'done', kind: 'complete' },
  ],
  edges: [
    { from: 'login', to: 'set' },
    { from: 'set', to: 'consent' },
    { from: 'consent', to: 'done' },
  ],
});
const library = (id: string) => [login, outer].find((graph) => graph.id === id);

describe('subflows', () => {
  const published = publishFlow(outer, library, sha256);
  if (!published.ok) throw new Error(JSON.stringify(published));

  it('are copied into their place, and run there with their own names', () => {
    const { graph } = published.version;
    expect(Object.keys(graph.nodes)).toEqual([
      'set',
      'consent',
      'done',
      'login/signIn',
      'login/level',
      'login/ask',
      'login/free',
      'login/no',
    ]);
    const flow = compileFlow(graph);
    const [, answered] = play(flow, fresh(flow), [
      { kind: 'arrived', proof: '$annProof', user: '$ann' },
      { kind: 'answered', status: 200, headers: {}, body: { tier: 'pro' } },
    ]);
    expect(answered).toMatchObject({ effect: { kind: 'judgeConsent' }, state: { claims: { tier: 'pro', level: 3 } } });
  });

  it('deny for the whole journey', () => {
    const flow = compileFlow(published.version.graph);
    const steps = play(flow, fresh(flow), [
      { kind: 'arrived', proof: '$annProof', user: '$ann' },
      { kind: 'answered', status: 200, headers: {}, body: { tier: 'free' } },
    ]);
    expect(steps.at(-1)?.effect).toMatchObject({ kind: 'show', page: { kind: 'denied', message: 'Plan free is not enough.' } });
  });

  it('that are unknown, contain themselves or lead nowhere are faults', () => {
    expect(expandFlow(outer, () => undefined)).toMatchObject({ ok: false, faults: [{ path: 'nodes.login.flow' }] });
    const snake = graphOf({ id: 'snake', nodes: [{ id: 'tail', kind: 'subflow', flow: 'snake' }] });
    expect(expandFlow(snake, () => snake)).toMatchObject({ ok: false, faults: [{ message: 'snake would contain itself' }] });
    const open = graphOf({ id: 'open', nodes: [{ id: 'login', kind: 'subflow', flow: 'login' }] });
    expect(expandFlow(open, library)).toMatchObject({ ok: false, faults: [{ path: 'nodes.login' }] });
  });

  it('that grow without end stop', () => {
    const many = (id: string, inner: string) =>
      graphOf({
        id,
        nodes: [
          ...Array.from({ length: 20 }, (_, at) => ({ id: `s${String(at)}`, kind: 'subflow', flow: inner })),
          { id: 'done', kind: 'complete' },
        ],
        edges: Array.from({ length: 20 }, (_, at) => ({ from: `s${String(at)}`, to: at === 19 ? 'done' : `s${String(at + 1)}` })),
      });
    const flows = [many('a', 'b'), many('b', 'c'), many('c', 'login'), login];
    const expanded = expandFlow(many('top', 'a'), (id) => flows.find((flow) => flow.id === id));
    expect(expanded).toMatchObject({ ok: false });
  });
});

describe('versions', () => {
  it('have one digest for one graph, whatever the order it was drawn in, and another for another', () => {
    const digestOf = (graph: typeof login) => {
      const made = publishFlow(graph, library, sha256);
      return made.ok ? made.version.digest : undefined;
    };
    const redrawn = graphOf({ ...JSON.parse(exportFlow(login)), nodes: JSON.parse(exportFlow(login)).nodes.toReversed() });
    expect(digestOf(redrawn)).toBe(digestOf(login));
    const named = graphOf({ ...JSON.parse(exportFlow(login)), name: 'Login' });
    expect(digestOf(named)).not.toBe(digestOf(login));
  });

  it('are read again from their text, nodes of subflows and all', () => {
    const made = publishFlow(outer, library, sha256);
    if (!made.ok) throw new Error('not published');
    const text = canonicalFlow(made.version.graph);
    const again = parseVersion(text);
    expect(again).toMatchObject({ ok: true, graph: made.version.graph });
    expect(again.ok && canonicalFlow(again.graph)).toBe(text);
    expect(parseFlowText(text)).toMatchObject({ ok: false });
    expect(parseVersion('{')).toMatchObject({ ok: false });
  });

  it('are not made of a flow with an error', () => {
    const draft = graphOf({ id: 'x', nodes: [{ id: 'a', kind: 'complete' }] });
    expect(publishFlow(draft, library, sha256)).toMatchObject({ ok: false, lints: [{ code: 'no_sign_in' }, { code: 'no_consent' }] });
  });

  it('cannot be changed in anybody’s hands', () => {
    const made = publishFlow(login, library, sha256);
    if (!made.ok) throw new Error('not published');
    expect(() => Object.assign(made.version.graph.nodes, { more: {} })).toThrow(TypeError);
    expect(() => Object.assign(made.version.graph.nodes['ask'] ?? {}, { url: 'https://evil.test' })).toThrow(TypeError);
  });

  it('tell what lies between them', () => {
    const document = JSON.parse(exportFlow(login));
    const changed = graphOf({
      ...document,
      name: 'Login',
      nodes: document.nodes
        .map((node: { id: string }) => (node.id === 'ask' ? { ...node, timeout: 900 } : node))
        .concat({ id: 'later', kind: 'deny' }),
      edges: document.edges
        .filter(({ branch }: { branch: string }) => branch !== 'failed')
        .concat({ from: 'ask', branch: 'failed', to: 'later' }),
    });
    expect(compareFlows(login, changed)).toEqual({
      nodes: { added: ['later'], removed: [], changed: ['ask'] },
      lines: { added: ['ask.failed -> later'], removed: ['ask.failed -> done'] },
      fields: ['name'],
    });
  });
});

describe('layouts', () => {
  it('are kept apart: positions of nodes that are there, and nothing else', () => {
    const layout = parseLayout({ ask: { x: 10.4, y: -3 }, gone: { x: 1, y: 1 } }, login);
    expect(layout).toEqual({ ok: true, layout: { ask: { x: 10, y: -3 } } });
    expect(parseLayout({ ask: { x: 'left', y: 0 } }, login)).toMatchObject({ ok: false, faults: [{ path: 'ask' }] });
    expect(exportFlow(login)).not.toContain('"x"');
  });
});

describe('the schema of flows', () => {
  it('describes every kind of node, from the same fields that are read', () => {
    const text = JSON.stringify(flowSchema());
    for (const word of ['"const":"stepUp"', '"const":"http"', '"enum":["any","listed","never"]', '"default":"authorize"'])
      expect(text).toContain(word);
  });
});

describe('a flow whose expression is broken', () => {
  it('fails where it is reached, and is named by the lints', () => {
    const broken = {
      id: 'x',
      purpose: 'sign_in',
      nodes: [
        { id: 'c', kind: 'condition', branches: [{ name: 'a', when: 'nonsense(' }] },
        { id: 'done', kind: 'complete' },
      ],
      edges: [
        { from: 'c', branch: 'a', to: 'done' },
        { from: 'c', branch: 'otherwise', to: 'done' },
      ],
    };
    expect(lintFlow(graphOf(broken)).map(({ code }) => code)).toContain('bad_expression');
    const flow = compiled(broken);
    expect(play(flow, fresh(flow), [{ kind: 'arrived' }]).at(-1)?.state.denial).toMatchObject({ error: 'server_error' });
  });
});
