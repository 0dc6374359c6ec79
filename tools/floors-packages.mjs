// Between packages: import what the package.json names and nothing else; the ground stays pure; black-box tests stay outside.
import { builtinModules } from 'node:module';
import { read, workspaces } from './files.mjs';
import { clockAndDice } from './syntax.mjs';

const BUILTIN = new Set(builtinModules);

/** Problems of every workspace, and of `e2e` and `bench`, which live on the root's package.json. */
export function packageProblems(root, sources, rules) {
  const rootManifest = JSON.parse(read(root, 'package.json'));
  const packages = workspaces(root);
  const byDir = new Map(packages.map((one) => [one.dir, one]));
  const found = packageCircle(packages);
  for (const source of sources) {
    const workspace = byDir.get(source.dir);
    const named = new Set([
      ...namedBy(workspace?.manifest ?? {}, source.test),
      ...(workspace && !source.test ? [] : namedBy(rootManifest, true)),
    ]);
    // e2e and bench have no package.json of their own: they use what somebody in the workspace names.
    if (workspace === undefined) for (const one of packages) for (const name of namedBy(one.manifest, true)) named.add(name);
    for (const one of source.imports) {
      const problem = one.target === undefined ? foreign(one, source, workspace, named, rules) : relative(one, source);
      if (problem !== undefined) found.push(`${source.path}:${one.line}: ${problem}`);
    }
    found.push(...timeProblems(source, rules));
  }
  return found;
}

function namedBy(manifest, test) {
  const kinds = ['dependencies', 'peerDependencies', 'optionalDependencies', ...(test ? ['devDependencies'] : [])];
  return [manifest.name, ...kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {}))];
}

function relative({ from, target }, { dir, test, path }) {
  if (!target.startsWith(`${dir}/`) && !(test && !path.startsWith('e2e/')))
    return `imports ${from}, which lies outside ${dir}; import the package by name`;
  if (!/\.(ts|tsx|mts|mjs|json|css)$/.test(from)) return `imports ${from} without its file ending`;
  return undefined;
}

function foreign({ from, typeOnly }, { dir, test, path }, workspace, named, rules) {
  if (from.startsWith('node:')) {
    return rules.neutral.includes(dir) && !test && !typeOnly ? `imports ${from}, but ${dir} must run without Node` : undefined;
  }
  if (BUILTIN.has(from)) return `imports ${from} without the prefix node:`;
  const name = from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');
  if (!named.has(name)) return `imports ${name}, which ${workspace === undefined ? '' : `${dir}/`}package.json does not name`;
  if (path.startsWith('e2e/') && rules.blackBox.includes(name)) return `imports ${name}, but e2e sees the hub only from outside`;
  const ground = workspace !== undefined && rules.ground.includes(workspace.name) && !test;
  if (ground && name.startsWith('@writ/') && !rules.ground.includes(name)) return `imports ${name}, but the ground knows nothing above it`;
  return undefined;
}

/** Time and chance come in as arguments, so that every judgement can be repeated; only the files named in floors.json read them. */
function timeProblems({ path, dir, test, tree }, rules) {
  if (test || !rules.timed.includes(dir)) return [];
  const inside = path.slice(`${dir}/src/`.length);
  if (rules.clock.some((place) => inside === `${place}.ts` || inside.startsWith(`${place}/`))) return [];
  return clockAndDice(tree).map(({ what, line }) => `${path}:${line}: ${what} outside ${rules.clock.join(', ')}; take it as an argument`);
}

/** Workspaces that need each other in a circle cannot be built or published one after the other. */
function packageCircle(packages) {
  const needs = new Map(packages.map(({ name, manifest }) => [name, namedBy(manifest, false).filter((other) => other !== name)]));
  const reaches = (from, goal, seen) =>
    (needs.get(from) ?? []).some((next) => next === goal || (!seen.has(next) && (seen.add(next), reaches(next, goal, seen))));
  const bad = packages.filter(({ name }) => reaches(name, name, new Set()));
  return bad.map(({ dir, name }) => `${dir}/package.json: ${name} needs itself through its dependencies`);
}
