import type { Db } from '../../base/db.ts';
import { unknownNames } from './check.ts';
import { graphOfSource } from './config.ts';
import { knownTo } from './known.store.ts';
import { findFlows } from './store.ts';

/** Flows in force that name what is gone since they were published: journeys fail where they reach it. */
export async function flowWarnings(db: Db): Promise<{ kind: 'flow'; id: string; message: string }[]> {
  const flows = (await findFlows(db)).flatMap(({ id, published }) =>
    published === undefined ? [] : [graphOfSource(id, published.source)],
  );
  const known = await knownTo(db, flows);
  return flows.flatMap((graph) =>
    unknownNames(graph, known).map(({ node, path, message }) => ({
      kind: 'flow',
      id: graph.id,
      message: `nodes.${node ?? ''}.${path ?? ''}: ${message}`,
    })),
  );
}
