import { compileFlow, type CompiledFlow } from '@writ/flow';
import { sql } from 'kysely';
import { createCache } from '../../base/cache.ts';
import type { ChangeFeed } from '../../base/changes.ts';
import { rows, type Db } from '../../base/db.ts';
import { createSnapshot } from '../../base/snapshot.ts';
import { assignedTo, placeOfTarget, type Asked, type Assignments, type Target } from './assignment.ts';
import { findAssignments } from './assignment.store.ts';
import { builtInByDigest, builtInFor, builtInOf } from './built-in.ts';
import { findBody, graphOfBody, keepBuiltIns } from './version.store.ts';

/** The flow that a journey begins with. `id` and `by` say how it was found: undefined where nothing is assigned. */
export type Chosen = { id: string; digest: string; flow: CompiledFlow; by: Target | undefined };

/** Which flow runs where, held whole on every node, and the versions that journeys still run. */
export type FlowBook = {
  ready(): Promise<void>;
  /** From memory; a published version is compiled once per node. */
  choose(of: Asked): Chosen;
  /** By the digest that a journey keeps, whatever was published since. Undefined: this hub never had such a version. */
  version(digest: string): Promise<CompiledFlow | undefined>;
};

type Book = { assignments: Assignments; inForce: ReadonlyMap<string, { digest: string; flow: CompiledFlow | undefined }> };

/** Versions that nobody begins with any more, and that somebody may still be in. */
const MOST_OLD = 200;

export function createFlowBook({ db, feed, onError }: { db: Db; feed: ChangeFeed; onError(error: unknown): void }): FlowBook {
  let last: ReadonlyMap<string, CompiledFlow> = new Map();
  let began = false;
  const load = async (): Promise<Book> => {
    if (!began) await keepBuiltIns(db);
    began = true;
    const book = await readBook(db, last, onError);
    last = new Map([...book.inForce.values()].flatMap(({ digest, flow }) => (flow === undefined ? [] : [[digest, flow]])));
    return book;
  };
  const snapshot = createSnapshot<Book>({ name: 'flows', load, onError });
  feed.on('flow', () => snapshot.stale());
  const older = createCache(async (digest) => {
    const graph = await findBody(db, digest);
    return graph === undefined ? undefined : compileFlow(graph);
  }, MOST_OLD);

  return {
    ready: snapshot.ready,
    choose(of) {
      const { assignments, inForce } = snapshot.current();
      const assigned = assignedTo(assignments, of);
      const id = assigned?.flow ?? builtInFor(of.purpose).graph.id;
      const { digest, flow } = inForce.get(id) ?? ownFlow(id);
      if (flow === undefined) throw new Error(`the flow ${id} is in force and cannot be read by this hub`);
      return { id, digest, flow, by: assigned?.by };
    },
    version: async (digest) => builtInByDigest(digest)?.flow ?? last.get(digest) ?? older.get(digest),
  };
}

function ownFlow(id: string): { digest: string; flow: CompiledFlow } {
  const found = builtInOf(id);
  if (found === undefined) throw new Error(`the flow ${id} is assigned and is not there`);
  return found;
}

/** Everything that is in force. What is compiled already is kept; what nothing begins with any more is let go. */
async function readBook(db: Db, compiled: ReadonlyMap<string, CompiledFlow>, onError: (error: unknown) => void): Promise<Book> {
  const found = await rows(
    db,
    sql<{ id: string; digest: string; body: string }>`SELECT f.id, digest, b.body
      FROM flows f JOIN flow_versions v ON v.flow_id = f.id AND v.version = f.published JOIN flow_bodies b USING (digest)`,
  );
  const assignments = await findAssignments(db);
  const inForce = found.map(({ id, digest, body }) => {
    const flow = compiled.get(digest) ?? readable(digest, body, onError);
    return [id, { digest, flow }] as const;
  });
  return {
    assignments: new Map(assignments.map(({ purpose, target, flow }) => [placeOfTarget(purpose, target), flow])),
    inForce: new Map(inForce),
  };
}

/** A version that this hub cannot read (it is older than the one that published it) stops those journeys, and no others. Nothing else may run in its place. */
function readable(digest: string, body: string, onError: (error: unknown) => void): CompiledFlow | undefined {
  try {
    return compileFlow(graphOfBody(digest, body));
  } catch (error) {
    onError(error);
    return undefined;
  }
}
