import type { ASTNode } from '@marcbachmann/cel-js';

/** Longest list that an expression may walk over; the context is measured against it when the expression runs. */
export const MAX_LIST = 256;
/** Longest text in the context of an expression, in characters. */
export const MAX_TEXT = 4096;
/** What an expression may cost at most, in steps: about ten milliseconds where everything is as long as it may be. */
const MAX_COST = 200_000;

const FUNCTIONS = new Set(['has', 'size', 'string', 'int', 'double', 'bool', 'timestamp', 'duration']);
const METHODS = new Set(
  (
    'size contains startsWith endsWith indexOf lastIndexOf substring lowerAscii upperAscii trim split ' +
    'getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes getSeconds'
  ).split(' '),
);
const MACROS = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);
/** Text work and the calendar weigh more than a comparison. */
const METHOD_COST = 8;

/**
 * Why this expression may not run, or undefined. Judged by its text alone, with every list and text taken to be as long as it may be:
 * there is no clock to stop it later. Functions are listed, not banned: `matches` takes a regular expression that can run for minutes,
 * `join` and `cel.bind` make texts grow out of proportion.
 */
export function tooMuch(ast: ASTNode): string | undefined {
  try {
    const cost = costOf(ast, false);
    return cost > MAX_COST
      ? `costs up to ${String(cost)} steps, and ${String(MAX_COST)} are allowed; walk over one list at a time`
      : undefined;
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
}

class Refused extends Error {}

/** `inside`: within the body of a macro, which runs once for each member. */
function costOf(node: ASTNode, inside: boolean): number {
  switch (node.op) {
    case 'value':
    case 'id':
      return 1;
    case '.':
      return 1 + costOf(node.args[0], inside);
    case '[]':
      return 1 + sum(node.args, inside);
    case '.?':
    case '[?]':
      throw new Refused('optional access (.?) is not part of this language; use has()');
    case 'call': {
      const [name, args] = node.args;
      if (!FUNCTIONS.has(name)) throw new Refused(`${name}() is not part of this language`);
      return METHOD_COST + sum(args, inside);
    }
    case 'rcall':
      return method(node.args, inside);
    case 'list':
      return built(node.args, inside);
    case 'map':
      return built(node.args.flat(), inside);
    case '+':
      if (inside) throw new Refused('+ cannot stand inside a macro: what it builds there has no bound');
      return 1 + sum(node.args, inside);
    case 'in':
      return memberOf(node.args, inside);
    case '?:':
    case '||':
    case '&&':
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
    case '-':
    case '*':
    case '/':
    case '%':
      return 1 + sum(node.args, inside);
    case '!_':
    case '-_':
      return 1 + costOf(node.args, inside);
  }
}

function sum(nodes: readonly ASTNode[], inside: boolean): number {
  return nodes.reduce((total, node) => total + costOf(node, inside), 0);
}

/** A list that is built for each member could be nested in itself, and comparing it would take for ever. */
function built(nodes: readonly ASTNode[], inside: boolean): number {
  if (inside) throw new Refused('a list or map cannot be built inside a macro, except on the right of in');
  return 1 + sum(nodes, inside);
}

/** On the right of `in` a list of plain values may stand anywhere. */
function memberOf([left, right]: readonly [ASTNode, ASTNode], inside: boolean): number {
  const plain = right.op === 'list' && right.args.every((one) => one.op === 'value');
  return costOf(left, inside) + (plain ? right.args.length : lengthOf(right) + costOf(right, inside));
}

function method([name, on, args]: readonly [string, ASTNode, readonly ASTNode[]], inside: boolean): number {
  if (MACROS.has(name)) {
    const [, ...bodies] = args;
    return costOf(on, inside) + lengthOf(on) * (1 + sum(bodies, true));
  }
  if (!METHODS.has(name)) throw new Refused(`.${name}() is not part of this language`);
  return METHOD_COST + costOf(on, inside) + sum(args, inside);
}

/** The longest list that this can be. */
function lengthOf(node: ASTNode): number {
  if (node.op === 'list') return node.args.length;
  if (node.op === '+') return lengthOf(node.args[0]) + lengthOf(node.args[1]);
  if (node.op === '?:') return Math.max(lengthOf(node.args[1]), lengthOf(node.args[2]));
  if (node.op === 'rcall') {
    const [name, on] = node.args;
    return name === 'split' ? MAX_TEXT : lengthOf(on);
  }
  return MAX_LIST;
}
