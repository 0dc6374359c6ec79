import { BUILT_IN_FLOWS, canonicalFlow, compileFlow, parseFlow, type CompiledFlow, type FlowGraph, type Purpose } from '@writ/flow';
import { digest } from '../../base/digest.ts';

/** A flow that comes with the hub: what runs for its purpose where nothing was drawn. */
export type BuiltIn = { graph: FlowGraph; digest: string; flow: CompiledFlow };

const made: readonly BuiltIn[] = BUILT_IN_FLOWS.map((document) => {
  const parsed = parseFlow(document);
  if (!parsed.ok) throw new Error(`a built-in flow cannot be read: ${JSON.stringify(parsed.faults)}`);
  return { graph: parsed.graph, digest: digest(canonicalFlow(parsed.graph)), flow: compileFlow(parsed.graph) };
});
const byId = new Map(made.map((one) => [one.graph.id, one]));
const byDigest = new Map(made.map((one) => [one.digest, one]));
const byPurpose = new Map(made.map((one) => [one.graph.purpose, one]));

export function builtIns(): readonly BuiltIn[] {
  return made;
}

export function builtInOf(id: string): BuiltIn | undefined {
  return byId.get(id);
}

export function builtInByDigest(named: string): BuiltIn | undefined {
  return byDigest.get(named);
}

/** The built-in flow of a purpose; each purpose has one. */
export function builtInFor(purpose: Purpose): BuiltIn {
  const found = byPurpose.get(purpose);
  if (found === undefined) throw new Error(`no built-in flow for ${purpose}`);
  return found;
}
