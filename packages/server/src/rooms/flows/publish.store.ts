import { canonicalFlow, exportFlow, type FlowGraph, type FlowLayout } from '@writ/flow';
import type { Tx } from '../../base/db.ts';
import type { Problem } from '../../base/http/message.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { lintsOf } from './by-digest.ts';
import { isPublishable, unknownNames } from './check.ts';
import { graphOfSource } from './config.ts';
import { placesOf, savedFlow } from './draft.store.ts';
import { publishedEntry } from './entries.ts';
import type { Flow } from './flow.ts';
import { checkHere, knownTo } from './known.store.ts';
import { findFlow, holdFlows, saveFlow } from './store.ts';
import { noFlow, purposeProblems, unfit } from './unfit.http.ts';
import { addVersion, findBody, findVersion } from './version.store.ts';

type Outcome = Result<PutOutcome<Flow>, Problem>;

/** Puts the draft in force on every node. Refused while anything about it is an error, with all of them by their place. */
export async function publishDraft(tx: Tx, id: string, note: string | undefined, by: Author): Promise<Outcome> {
  await holdFlows(tx);
  const before = await findFlow(tx, id);
  if (before === undefined) return fail(noFlow(id));
  return publishGraph(tx, { graph: before.draft, before, layout: before.layout, note }, by);
}

type Publishing = { graph: FlowGraph; before: Flow | undefined; layout: FlowLayout | undefined; note?: string | undefined };

/** Draft and publication in one, the caller holding the name of the flows. */
export async function publishGraph(tx: Tx, { graph, before, layout, note }: Publishing, by: Author): Promise<Outcome> {
  const checked = await checkHere(tx, graph);
  const problems = [...checked.problems, ...purposeProblems(graph, before)];
  const { made } = checked;
  if (made === undefined || !isPublishable(problems)) return fail(unfit(problems));
  if (before?.published?.digest === made.digest)
    return ok({ outcome: 'unchanged', value: { ...before, problems }, entries: [], changed: [] });
  const source = exportFlow(graph);
  const version = await addVersion(tx, graph.id, { digest: made.digest, source, body: made.text, note }, by);
  await saveFlow(tx, { id: graph.id, draft: source, layout: placesOf(graph, layout), published: version.version });
  const entry = publishedEntry('flow.published', { before, version, graph }, by);
  return ok({
    outcome: before === undefined || before.version === 0 ? 'created' : 'changed',
    value: { ...(await savedFlow(tx, graph.id)), problems },
    entries: [entry],
    changed: [{ kind: 'flow', key: graph.id }],
  });
}

/**
 * Publishes an older version again: what ran then, to the letter. What it names may be gone since, and what was let through then may be an error
 * now; then it cannot come back. The draft follows, unless somebody is at work on it.
 */
export async function rollBackTo(tx: Tx, id: string, number: number, by: Author): Promise<Outcome> {
  await holdFlows(tx);
  const before = await findFlow(tx, id);
  const older = await findVersion(tx, id, number);
  const runs = older === undefined ? undefined : await findBody(tx, older.digest);
  if (older === undefined || runs === undefined) return fail({ status: 404, type: 'not_found', title: 'The flow has no such version' });
  const graph = graphOfSource(id, older.source);
  const problems = [...lintsOf(older.digest, runs), ...unknownNames(runs, await knownTo(tx, [runs])), ...purposeProblems(graph, before)];
  if (!isPublishable(problems)) return fail({ ...unfit(problems, 'That version cannot come back as it was'), type: 'version_unfit' });
  if (before?.published?.digest === older.digest) return ok({ outcome: 'unchanged', value: before, entries: [], changed: [] });
  const { digest, source } = older;
  const version = await addVersion(tx, id, { digest, source, body: canonicalFlow(runs), rolledBackTo: number }, by);
  const atWork = before?.published === undefined || exportFlow(before.draft) === before.published.source ? undefined : before;
  const draft =
    atWork === undefined
      ? { draft: source, layout: placesOf(graph, before?.layout) }
      : { draft: exportFlow(atWork.draft), layout: atWork.layout };
  await saveFlow(tx, { id, ...draft, published: version.version });
  return ok({
    outcome: before === undefined ? 'created' : 'changed',
    value: await savedFlow(tx, id),
    entries: [publishedEntry('flow.rolled_back', { before, version, graph }, by)],
    changed: [{ kind: 'flow', key: id }],
  });
}
