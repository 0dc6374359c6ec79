// What the checks ask about one source file, answered from its syntax tree (the TypeScript 6 API; version 7 has none).
import ts from 'typescript';

const parsed = new Map();

/** The tree of one file; kept while the text is the same, because several checks ask for it in one run. */
export function parse(path, text) {
  const known = parsed.get(path);
  if (known?.text === text) return known;
  const kind = path.endsWith('.tsx') ? ts.ScriptKind.TSX : path.endsWith('js') ? ts.ScriptKind.JS : ts.ScriptKind.TS;
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind);
  parsed.set(path, tree);
  return tree;
}

export const lineOf = (tree, node) => tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;

/** Calls `visit` with every node of the tree, parents first. */
export function walk(node, visit) {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** Every import, re-export, dynamic import and import type: `{ from, line, typeOnly }`. */
export function importsOf(tree) {
  const found = [];
  const add = (literal, typeOnly) => {
    if (literal !== undefined && ts.isStringLiteralLike(literal)) found.push({ from: literal.text, line: lineOf(tree, literal), typeOnly });
  };
  walk(tree, (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeOnly(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0], false);
  });
  return found;
}

function isTypeOnly(clause) {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const named = clause.namedBindings;
  return clause.name === undefined && named !== undefined && ts.isNamedImports(named) && named.elements.every((one) => one.isTypeOnly);
}

/** Uses of the machine's clock and dice: `{ what, line }`. `new Date(value)` only converts, and passes. */
export function clockAndDice(tree) {
  const found = [];
  walk(tree, (node) => {
    const what = clockOrDie(node);
    if (what !== undefined) found.push({ what, line: lineOf(tree, node) });
  });
  return found;
}

function clockOrDie(node) {
  if (ts.isNewExpression(node) && nameOf(node.expression) === 'Date' && !node.arguments?.length) return 'new Date()';
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'Date') return 'Date()';
  if (!ts.isPropertyAccessExpression(node)) return undefined;
  const name = `${nameOf(node.expression)}.${node.name.text}`;
  return name === 'Date.now' || name === 'Math.random' ? `${name}()` : undefined;
}

const nameOf = (node) => (ts.isIdentifier(node) ? node.text : '');

/** Uses of the global `fetch`: `{ line }`. A property or a binding of that name is something else. */
export function globalFetch(tree) {
  const found = [];
  let declared = false;
  walk(tree, (node) => {
    if (!ts.isIdentifier(node) || node.text !== 'fetch') return;
    const role = fetchRole(node);
    if (role === 'declared') declared = true;
    if (role === 'used') found.push({ line: lineOf(tree, node) });
    if (role === 'global') found.push({ line: lineOf(tree, node), sure: true });
  });
  return found.filter((one) => one.sure || !declared);
}

function fetchRole(node) {
  const up = node.parent;
  if (ts.isPropertyAccessExpression(up) && up.name === node) return nameOf(up.expression) === 'globalThis' ? 'global' : 'member';
  if (ts.isShorthandPropertyAssignment(up)) return 'used';
  if (ts.isBindingElement(up) && up.propertyName === node) return 'member';
  if (ts.isParameter(up) || ts.isVariableDeclaration(up) || ts.isBindingElement(up)) return up.name === node ? 'declared' : 'used';
  if (ts.isFunctionDeclaration(up) || ts.isImportSpecifier(up)) return 'declared';
  if (ts.isTypeQueryNode(up) || ts.isTypeReferenceNode(up)) return 'member';
  return up.name === node ? 'member' : 'used';
}

/** Functions with a body: `{ name, line, lines }`; anonymous ones are called after where they stand. */
export function functionsOf(tree) {
  const found = [];
  walk(tree, (node) => {
    if (!ts.isFunctionLike(node) || node.body === undefined) return;
    const end = tree.getLineAndCharacterOfPosition(node.end).line + 1;
    const name = functionName(node);
    const line = lineOf(tree, node);
    found.push({ name: name ?? `line ${line}`, named: name !== undefined, line, lines: end - line + 1 });
  });
  return found;
}

function functionName(node) {
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  if (node.name !== undefined) return node.name.getText();
  const up = node.parent;
  const holds = ts.isVariableDeclaration(up) || ts.isPropertyAssignment(up) || ts.isPropertyDeclaration(up);
  return holds ? up.name.getText() : undefined;
}

/** Where the types are silenced: `{ kind: 'any' | 'as' | '!' , line }`. `as const` asserts nothing. */
export function typeEscapes(tree) {
  const found = [];
  walk(tree, (node) => {
    const kind = escapeKind(node);
    if (kind !== undefined) found.push({ kind, line: tree.getLineAndCharacterOfPosition(node.end).line + 1 });
  });
  return found;
}

function escapeKind(node) {
  if (node.kind === ts.SyntaxKind.AnyKeyword) return 'any';
  if (ts.isNonNullExpression(node) || node.exclamationToken !== undefined) return '!';
  if (ts.isTypeAssertionExpression(node)) return 'as';
  if (ts.isAsExpression(node) && node.type.getText() !== 'const') return 'as';
  return undefined;
}
