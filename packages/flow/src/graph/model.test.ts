import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, MAX_TURNS, type JourneyStep } from './advance.ts';
import { compileFlow, type CompiledFlow } from './compile.ts';
import type { FlowGraph } from './graph.ts';
import { GRAPH_KINDS, meaningOf } from './kinds.ts';
import { lintFlow, mayPublish } from './lint.ts';
import { parseFlowText } from './parse.ts';
import { FACTS, fresh, NOW } from './play.suite.ts';
import { chosen, choice, kindsTried, likelyGraph, SECRET, wildGraph, type Choice } from './random.suite.ts';
import type { JourneyState } from './state.ts';
import { canonicalFlow, exportFlow } from './text.ts';

/** Random graphs, random people. Whatever is drawn and whatever is clicked, this holds. */

type Ran = { readonly steps: readonly JourneyStep[]; readonly last: JourneyState };

function run(
  flow: CompiledFlow,
  begin: JourneyState,
  choices: readonly Choice[],
  check: (before: JourneyState, step: JourneyStep) => void,
): Ran {
  const steps: JourneyStep[] = [];
  let state = begin;
  for (const one of choices) {
    const shown = steps.findLast(({ effect }) => effect.kind !== 'misplaced')?.effect;
    const step = advance(flow, state, chosen(one, state, shown), NOW);
    check(state, step);
    steps.push(step);
    // A row is JSON: what does not survive it is not there at the next page.
    state = JSON.parse(JSON.stringify(step.state));
    expect(state).toEqual(step.state);
    if (state.over !== undefined) break;
  }
  return { steps, last: state };
}

const kindAt = (graph: FlowGraph, id: string): string => graph.nodes[id]?.kind ?? '';
const isConsent = (graph: FlowGraph, id: string): boolean => ['consent', 'tenantConsent'].includes(kindAt(graph, id));

function checkStep(graph: FlowGraph, before: JourneyState, { state, effect, passed }: JourneyStep): void {
  const written = JSON.stringify({ state, effect, passed });
  expect(written).not.toContain(SECRET);
  expect(state.turn).toBeGreaterThanOrEqual(before.turn);
  expect(state.turn).toBeLessThanOrEqual(MAX_TURNS);
  if (effect.kind === 'misplaced') expect(state).toEqual(before);
  if (before.ask.silent) expect(effect.kind).not.toBe('show');
  const stepped = passed.filter(({ node, branch }) => kindAt(graph, node) === 'stepUp' && branch === 'next');
  for (const { node } of stepped) expect(acrOf(graph, node)).toContain(state.proof?.acr);
  if (effect.kind !== 'finish') return;
  const { proof, approval, trail } = effect.end;
  expect(proof).toBeDefined();
  expect(approval).toBeDefined();
  // Consent stands on the path, and nothing after the last yes was a no.
  const lastYes = trail.findLastIndex(({ node, branch }) => isConsent(graph, node) && branch === 'next');
  expect(lastYes).toBeGreaterThanOrEqual(0);
  expect(trail.slice(lastYes).some(({ node, branch }) => isConsent(graph, node) && ['refused', 'notAdmin'].includes(branch))).toBe(false);
  // No factor that was asked for on the path is missing in the proof.
  for (const { node } of trail.filter(({ node, branch }) => kindAt(graph, node) === 'stepUp' && branch === 'next'))
    expect(acrOf(graph, node)).toContain(proof?.acr);
  // The path is one that was drawn, from the start to a complete.
  expect(trail[0]?.node).toBe(graph.start);
  trail.slice(1).forEach(({ node }, at) => expect(graph.edges[trail[at]?.node ?? '']?.[trail[at]?.branch ?? '']).toBe(node));
  expect(kindAt(graph, trail.at(-1)?.node ?? '')).toBe('complete');
}

function acrOf(graph: FlowGraph, id: string): readonly string[] {
  const node = graph.nodes[id];
  return node?.kind === 'stepUp' ? node.acr : [];
}

const asks = fc.record({ silent: fc.constantFrom(false, false, false, true), login: fc.boolean(), chooseAccount: fc.boolean() });
const risks = fc.constantFrom('low' as const, 'high' as const);

describe('journeys through random graphs', () => {
  it('are tried with every kind of node that can be run', () => {
    const missing = [...GRAPH_KINDS.keys()].filter((kind) => !kindsTried().has(kind));
    expect(missing).toEqual(['storeCredential', 'subflow']);
  });

  it.each([
    ['anything that can be drawn', wildGraph, 200, 0],
    ['graphs as people draw them', likelyGraph, 400, 2],
  ] as const)(
    '%s: no token without consent on the path, no factor skipped, nothing changed by what is out of place',
    (_name, graphs, numRuns, least) => {
      let finished = 0;
      fc.assert(
        fc.property(graphs, asks, risks, fc.array(choice, { minLength: 1, maxLength: 30 }), (graph, ask, risk, choices) => {
          const facts = { request: { ...FACTS.request, risk } };
          const flow = compileFlow(graph);
          const { last } = run(flow, fresh(flow, ask, facts), choices, (before, step) => checkStep(graph, before, step));
          if (last.over === 'finished') finished += 1;
        }),
        { numRuns },
      );
      expect(finished).toBeGreaterThanOrEqual(least);
    },
  );

  it('that the lints let through lack nothing when they run, and ask for no factor after consent', () => {
    let [tried, finished] = [0, 0];
    fc.assert(
      fc.property(likelyGraph, risks, fc.array(choice, { minLength: 5, maxLength: 40 }), (graph, risk, choices) => {
        if (!mayPublish(lintFlow(graph))) return;
        tried += 1;
        const flow = compileFlow(graph);
        const { last } = run(flow, fresh(flow, {}, { request: { ...FACTS.request, risk } }), choices, (_before, { effect, state }) => {
          const reason = state.denial?.reason ?? '';
          expect(reason).not.toMatch(/not_authenticated|no_consent|leads nowhere|Unknown variable/);
          if (effect.kind !== 'finish') return;
          finished += 1;
          const { trail } = effect.end;
          const yes = trail.findIndex(({ node, branch }) => isConsent(graph, node) && branch === 'next');
          const factors = trail.slice(yes).filter(({ node }) => {
            const found = graph.nodes[node];
            return found !== undefined && meaningOf(found).factor === true;
          });
          expect(factors).toEqual([]);
        });
        expect(last.turn).toBeGreaterThan(0);
      }),
      { numRuns: 800 },
    );
    expect(tried).toBeGreaterThan(20);
    expect(finished).toBeGreaterThan(0);
  });

  it('come to an end when people answer what they are asked', () => {
    fc.assert(
      fc.property(likelyGraph, fc.array(fc.nat(1000), { minLength: 40, maxLength: 40 }), (graph, picks) => {
        if (!mayPublish(lintFlow(graph))) return;
        const flow = compileFlow(graph);
        const answers = Array.from({ length: MAX_TURNS * 4 }, (_, at) => picks[at % picks.length] ?? 0);
        const choices = answers.map((which, at): Choice => ({ how: 50, which: which + at, arrival: { kind: 'arrived' } }));
        const { last } = run(flow, fresh(flow), choices, () => undefined);
        expect(last.over).toBeDefined();
      }),
      { numRuns: 150 },
    );
  });

  it('are the same for a flow that went through its text', () => {
    fc.assert(
      fc.property(wildGraph, (graph) => {
        const text = exportFlow(graph);
        const parsed = parseFlowText(text);
        if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
        expect(parsed.graph).toEqual(graph);
        expect(exportFlow(parsed.graph)).toBe(text);
        const shuffled = { ...graph, nodes: Object.fromEntries(Object.entries(graph.nodes).toReversed()) };
        expect(canonicalFlow(shuffled)).toBe(canonicalFlow(graph));
      }),
      { numRuns: 300 },
    );
  });
});
