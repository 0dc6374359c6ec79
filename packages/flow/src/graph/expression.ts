import { Environment, type ASTNode, type ParseResult } from '@marcbachmann/cel-js';
import { MAX_LIST, MAX_TEXT, tooMuch } from './cost.ts';
import { isFields, type Json } from './json.ts';

/** The types that a name of the context may have, in the words of CEL; an object of them is a structure with known fields. */
export type Names = { readonly [name: string]: string | Names };

/** What an expression came to. A missing value, a wrong type or one too large is a failure, never false. */
export type Evaluated = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly reason: string };
export type Context = Readonly<Record<string, unknown>>;

/** `reads`: the paths of the context that it looks at, as `steps.plan.tier`; those that it asks about by has() are in `asks`. */
export type Expression = {
  readonly type: string;
  readonly reads: readonly string[];
  readonly asks: readonly string[];
  readonly run: (context: Context) => Evaluated;
};
export type Checked = { readonly ok: true; readonly expression: Expression } | { readonly ok: false; readonly message: string };

const LIMITS = { maxAstNodes: 200, maxDepth: 24, maxListElements: 100, maxMapEntries: 50, maxCallArguments: 4 };
/** All values of the context together that one expression may look at, and the value that it gives. */
const MAX_VALUES = 5000;

/** A place where expressions are read: which names there are, and of which type. */
export function environment(names: Names): Environment {
  const made = new Environment({ limits: LIMITS, unlistedVariablesAreDyn: false, homogeneousAggregateLiterals: false });
  for (const [name, type] of Object.entries(names)) {
    if (typeof type === 'string') made.registerVariable(name, type);
    else made.registerVariable({ name, schema: type });
  }
  return made;
}

/** Reads one expression: its form, its types, and what it may cost. Whoever saves a flow hears of it, not the user who runs it. */
export function checkExpression(where: Environment, text: string, gives: 'boolean' | 'text' | 'any'): Checked {
  let parsed: ParseResult;
  try {
    parsed = where.parse(text);
  } catch (error) {
    return { ok: false, message: sentenceOf(error) };
  }
  const refused = tooMuch(parsed.ast);
  if (refused !== undefined) return { ok: false, message: refused };
  const { valid, type = 'dyn', error } = parsed.check();
  if (!valid) return { ok: false, message: sentenceOf(error) };
  const wrong = unfit(type, gives);
  if (wrong !== undefined) return { ok: false, message: wrong };
  const { reads, asks } = pathsIn(parsed.ast);
  const roots = new Set([...reads, ...asks].map((path) => path.split('.')[0] ?? ''));
  return { ok: true, expression: { type, reads, asks, run: (context) => run(parsed, roots, context, gives) } };
}

const TEXTS = new Set(['string', 'int', 'double', 'bool', 'dyn']);

function unfit(type: string, gives: 'boolean' | 'text' | 'any'): string | undefined {
  if (gives === 'boolean') return type === 'bool' || type === 'dyn' ? undefined : `must be true or false; this gives ${type}`;
  if (gives === 'text') return TEXTS.has(type) ? undefined : `must give a text or a number; this gives ${type}`;
  return /\$|type|bytes|uint|Duration/.test(type)
    ? `cannot be kept: name a field of it; this gives ${type.replaceAll('$', '')}`
    : undefined;
}

function run(parsed: ParseResult, roots: ReadonlySet<string>, context: Context, gives: 'boolean' | 'text' | 'any'): Evaluated {
  const budget = { left: MAX_VALUES };
  try {
    const seen = [...roots].filter((name) => context[name] !== undefined).map((name) => [name, intoCel(context[name], budget)]);
    const given: unknown = parsed(Object.fromEntries(seen));
    const value = outOfCel(given, { left: MAX_VALUES });
    if (gives === 'boolean' && typeof value !== 'boolean') return { ok: false, reason: 'not true or false' };
    if (gives === 'text') return asText(value);
    return { ok: true, value };
  } catch (error) {
    return { ok: false, reason: sentenceOf(error) };
  }
}

function asText(value: Json): Evaluated {
  if (typeof value === 'object') return { ok: false, reason: 'not a text' };
  return { ok: true, value: String(value) };
}

class TooLarge extends Error {}

/** Whole numbers become CEL's int. Everything that is too long stops here, because costs were judged with these bounds. */
function intoCel(value: unknown, budget: { left: number }): unknown {
  budget.left -= 1;
  if (budget.left < 0) throw new TooLarge('the context is too large');
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value === 'string' && value.length > MAX_TEXT) throw new TooLarge('a text is too long');
  if (Array.isArray(value)) {
    if (value.length > MAX_LIST) throw new TooLarge('a list is too long');
    return value.map((one: unknown) => intoCel(one, budget));
  }
  if (value instanceof Date || !isFields(value)) return value;
  const entries = Object.entries(value);
  if (entries.length > MAX_LIST) throw new TooLarge('an object has too many names');
  return Object.fromEntries(entries.map(([name, one]) => [name, intoCel(one, budget)]));
}

function outOfCel(value: unknown, budget: { left: number }): Json {
  budget.left -= 1;
  if (budget.left < 0) throw new TooLarge('the value is too large');
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string' && value.length <= MAX_TEXT * 4) return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((one: unknown) => outOfCel(one, budget));
  const plain = isFields(value) && !(value instanceof Map) && Object.getPrototypeOf(value) === Object.prototype;
  if (!plain) throw new TooLarge('gives something that cannot be kept');
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, outOfCel(one, budget)]));
}

/** The first line of what the language says: the rest draws the place in the text, and could repeat values. */
function sentenceOf(error: unknown): string {
  const message = error instanceof Error ? error.message : 'cannot be evaluated';
  return message.split('\n')[0] ?? message;
}

type Paths = { readonly reads: string[]; readonly asks: string[] };

/** Every path of names in an expression; what stands in has(…) is asked about, not read. */
function pathsIn(ast: ASTNode): Paths {
  const found: Paths = { reads: [], asks: [] };
  walk(ast, found.reads, found);
  return found;
}

function walk(node: ASTNode, into: string[], found: Paths): void {
  const path = pathOf(node);
  if (path !== undefined) {
    into.push(path);
    return;
  }
  if (node.op === 'call') {
    const [name, args] = node.args;
    for (const one of args) walk(one, name === 'has' ? found.asks : into, found);
    return;
  }
  for (const one of partsOf(node)) walk(one, into, found);
}

function partsOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'map':
      return node.args.flat();
    case '!_':
    case '-_':
      return [node.args];
    default:
      return node.args;
  }
}

function pathOf(node: ASTNode): string | undefined {
  if (node.op === 'id') return node.args;
  if (node.op !== '.') return undefined;
  const before = pathOf(node.args[0]);
  return before === undefined ? undefined : `${before}.${node.args[1]}`;
}
