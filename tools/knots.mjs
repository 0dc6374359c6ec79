// No circles: in every folder, what lies directly in it (files and folders) can be put in an order such that nothing imports
// what stands after it. Go keeps this for packages; TypeScript keeps nothing, and folders grow into knots file by file.
import { posix } from 'node:path';

/** One problem per circle among the children of one folder, naming the edges and one import behind each. Tests are left out. */
export function knots(sources) {
  const folders = new Map();
  for (const { path, dir, test, imports } of sources) {
    if (test) continue;
    for (const { target, line } of imports) {
      if (target?.startsWith(`${dir}/`)) addEdge(folders, path, target, line);
    }
  }
  return [...folders].flatMap(([folder, graph]) => circles(graph).map((circle) => describe(folder, circle, graph)));
}

/** The edge belongs to the nearest folder above both ends, between its two children that hold them. */
function addEdge(folders, path, target, line) {
  const [from, to] = [path.split('/'), target.split('/')];
  let depth = 0;
  while (from[depth] === to[depth] && depth < from.length - 1) depth += 1;
  if (from[depth] === to[depth] || to[depth] === undefined) return;
  const folder = from.slice(0, depth).join('/');
  const graph = folders.get(folder) ?? folders.set(folder, new Map()).get(folder);
  const edges = graph.get(from[depth]) ?? graph.set(from[depth], new Map()).get(from[depth]);
  if (!edges.has(to[depth])) edges.set(to[depth], `${path}:${line}`);
}

/** Sets of nodes that reach each other , each as one way around. */
function circles(graph) {
  const found = [];
  const done = new Set();
  for (const start of graph.keys()) {
    if (done.has(start)) continue;
    const way = wayBack(graph, start);
    if (way === undefined) continue;
    for (const node of way) done.add(node);
    found.push(way);
  }
  return found;
}

/** The shortest way from `start` back to itself, breadth first; undefined when there is none. */
function wayBack(graph, start) {
  const cameFrom = new Map();
  const queue = [start];
  for (const node of queue) {
    for (const next of graph.get(node)?.keys() ?? []) {
      if (next === start) return unwind(cameFrom, start, node);
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      queue.push(next);
    }
  }
  return undefined;
}

function unwind(cameFrom, start, last) {
  const way = [last];
  while (way[0] !== start) way.unshift(cameFrom.get(way[0]));
  return way;
}

function describe(folder, way, graph) {
  const steps = way.map((node, at) => `${node} -> ${way[(at + 1) % way.length]} (${graph.get(node).get(way[(at + 1) % way.length])})`);
  return `${posix.join(folder, way[0])}: circle ${steps.join(', ')}`;
}
