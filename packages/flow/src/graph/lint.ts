import { compileFlow, type CheckedFormula } from './compile.ts';
import { DEMANDS } from './facts.ts';
import { branchesOf, draws, placeOf, type FlowGraph } from './graph.ts';
import { meaningOf } from './kinds.ts';
import type { Ground } from './meaning.ts';
import { ending, holding, reachable, restlessLoops, type Tokens } from './paths.ts';

/** What is wrong with a flow that can be read. An `error` keeps it from being published; a `warning` may be meant. */
export type FlowLint = {
  readonly code: LintCode;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** The node it is about, and the field or branch. */
  readonly node?: string;
  readonly path?: string;
};

export type LintCode =
  | 'missing_branch'
  | 'unreachable'
  | 'no_way_out'
  | 'no_complete'
  | 'no_consent'
  | 'no_sign_in'
  | 'no_tenant'
  | 'factor_after_consent'
  | 'no_time_limit'
  | 'restless_loop'
  | 'needs_person'
  | 'bad_expression'
  | 'unknown_yet'
  | 'maybe_missing'
  | 'bad_secret'
  | 'subflow';

/** Every lint of a flow, subflows copied in. Empty: it may be published. */
export function lintFlow(graph: FlowGraph): readonly FlowLint[] {
  const always = holding(graph, true);
  return [
    ...shape(graph),
    ...grounds(graph, always),
    ...factors(graph),
    ...kinds(graph),
    ...secrets(graph, always),
    ...formulas(graph, always),
  ];
}

export function mayPublish(lints: readonly FlowLint[]): boolean {
  return lints.every(({ severity }) => severity !== 'error');
}

function error(code: LintCode, message: string, node?: string, path?: string): FlowLint {
  return { code, severity: 'error', message, ...(node === undefined ? {} : { node }), ...(path === undefined ? {} : { path }) };
}

function shape(graph: FlowGraph): readonly FlowLint[] {
  const [reached, ends] = [reachable(graph), ending(graph)];
  const ids = Object.keys(graph.nodes);
  const lints = ids.flatMap((id): FlowLint[] => {
    const node = graph.nodes[id];
    if (node === undefined) return [];
    if (!reached.has(id)) return [error('unreachable', 'nothing leads here', id)];
    const open = branchesOf(node).filter(({ name, required }) => required && !draws(graph, id, name));
    const missing = open.map(({ name }) => error('missing_branch', `the branch ${name} leads nowhere`, id, name));
    if (missing.length > 0 || ends.has(id)) return missing;
    return [error('no_way_out', 'no way from here leads to an end', id)];
  });
  const completes = ids.some((id) => reached.has(id) && graph.nodes[id]?.kind === 'complete');
  return completes ? lints : [...lints, error('no_complete', 'no way leads to complete')];
}

const MISSING: Readonly<Record<Ground, { code: LintCode; what: string }>> = {
  proof: { code: 'no_sign_in', what: 'without somebody having signed in' },
  tenant: { code: 'no_tenant', what: 'without a tenant' },
  consent: { code: 'no_consent', what: 'without consent' },
};

/** What a node needs, and what the purpose needs at the end, must have happened on every way there. */
function grounds(graph: FlowGraph, always: ReadonlyMap<string, Tokens>): readonly FlowLint[] {
  const { proof, consent } = DEMANDS[graph.purpose];
  const demanded: readonly Ground[] = [...(proof ? (['proof'] as const) : []), ...(consent ? (['consent'] as const) : [])];
  return [...always].flatMap(([id, known]) => {
    const node = graph.nodes[id];
    if (node === undefined) return [];
    const needed = node.kind === 'complete' ? demanded : meaningOf(node).needs(node);
    return needed
      .filter((ground) => !known.has(ground))
      .map((ground) => error(MISSING[ground].code, `a way leads here ${MISSING[ground].what}`, id));
  });
}

/** What was allowed before a factor was asked for, was allowed by somebody less proven than the token says. */
function factors(graph: FlowGraph): readonly FlowLint[] {
  return [...holding(graph, false)].flatMap(([id, known]) => {
    const node = graph.nodes[id];
    if (node === undefined || meaningOf(node).factor !== true || !known.has('consent')) return [];
    return [error('factor_after_consent', 'a way leads from consent to here; ask for the factor first', id)];
  });
}

function kinds(graph: FlowGraph): readonly FlowLint[] {
  const { person } = DEMANDS[graph.purpose];
  const lone = Object.entries(graph.nodes).flatMap(([id, node]): FlowLint[] => {
    if (node.kind === 'http' && node.timeout === undefined) return [error('no_time_limit', 'the call has no time limit', id, 'timeout')];
    if (node.kind === 'subflow') return [error('subflow', `the flow ${node.flow} is not copied in`, id, 'flow')];
    if (!person && meaningOf(node).asks === 'person')
      return [error('needs_person', `there is nobody to ask in a flow for ${graph.purpose}`, id)];
    return [];
  });
  const loops = restlessLoops(graph).map((ids) =>
    error('restless_loop', `${ids.join(', ')} run in a circle without waiting for a person`, ids[0]),
  );
  return [...lone, ...loops];
}

/** A credential can only be stored from a secret that a call has brought on every way. */
function secrets(graph: FlowGraph, always: ReadonlyMap<string, Tokens>): readonly FlowLint[] {
  return Object.entries(graph.nodes).flatMap(([id, node]): FlowLint[] => {
    if (node.kind !== 'storeCredential') return [];
    const [from = '', name = ''] = node.value.split('.');
    const source = graph.nodes[`${placeOf(id)}${from}`];
    if (source === undefined || meaningOf(source).outputs(source)[name] !== 'secret')
      return [error('bad_secret', `${node.value} is no secret output of a node`, id, 'value')];
    const ran = always.get(id)?.has(`ran:${placeOf(id)}${from}`) ?? true;
    return ran ? [] : [error('bad_secret', `a way leads here without ${from}`, id, 'value')];
  });
}

function formulas(graph: FlowGraph, always: ReadonlyMap<string, Tokens>): readonly FlowLint[] {
  return compileFlow(graph).formulas.flatMap((formula): readonly FlowLint[] => {
    const { node, path, checked } = formula;
    if (!checked.ok) return [error('bad_expression', checked.message, node, path)];
    const known = always.get(node);
    return known === undefined ? [] : [...unknownYet(formula, known), ...maybeMissing(graph, formula, known)];
  });
}

/** `user` before sign-in is not empty but missing, and the expression fails. */
function unknownYet({ node, path, checked }: CheckedFormula, known: Tokens): readonly FlowLint[] {
  if (!checked.ok) return [];
  const { reads, asks } = checked.expression;
  const roots = new Set([...reads, ...asks].map((one) => one.split('.')[0]));
  const parties = [
    ['user', 'proof'],
    ['session', 'proof'],
    ['tenant', 'tenant'],
  ] as const;
  return parties
    .filter(([name, ground]) => roots.has(name) && !known.has(ground))
    .map(([name, ground]) => error('unknown_yet', `reads ${name}, but a way leads here ${MISSING[ground].what}`, node, path));
}

function maybeMissing(graph: FlowGraph, { node, path, checked }: CheckedFormula, known: Tokens): readonly FlowLint[] {
  if (!checked.ok) return [];
  const { reads, asks } = checked.expression;
  const place = placeOf(node);
  return reads
    .filter((one) => one.startsWith('steps.') && !asks.some((asked) => one === asked || one.startsWith(`${asked}.`)))
    .flatMap((one): FlowLint[] => {
      const source = sourceOf(graph, place, one.split('.').slice(1));
      if (source === undefined || source === node || known.has(`ran:${source}`)) return [];
      const message = `a way leads here on which ${one} was not given; ask with has(${one}) first, or the journey fails there`;
      return [{ code: 'maybe_missing', severity: 'warning', message, node, path }];
    });
}

/** The node that a path into steps means. */
function sourceOf(graph: FlowGraph, place: string, path: readonly string[]): string | undefined {
  const names = path.map((_, at) => `${place}${path.slice(0, at + 1).join('/')}`);
  return names.find((id) => graph.nodes[id] !== undefined);
}
