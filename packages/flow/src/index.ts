/** Flows as data: kinds of node, checks, versions, text, templates, and the one function that moves a journey through them. Pure: no I/O, no clock. */
export type { Ask } from './graph/ask.ts';
export { advance, MAX_TURNS, type JourneyStep, type Passed } from './graph/advance.ts';
export { BUILT_IN_FLOWS } from './graph/built-in.ts';
export { compareFlows, type FlowDifference } from './graph/compare.ts';
export { compileFlow, type CompiledFlow } from './graph/compile.ts';
export type { HttpAuth, HttpCall, JourneyEffect, JourneyEnd, Owner, Page, ScreenButton, ScreenField } from './graph/effect.ts';
export type { Arrived, ConsentVerdict, FromWorld, JourneyEvent, NodeEvent } from './graph/event.ts';
export { expandFlow, type Expanded } from './graph/expand.ts';
export {
  DEMANDS,
  PURPOSES,
  type ClientFacts,
  type Facts,
  type Membership,
  type Purpose,
  type RequestFacts,
  type ResourceFacts,
  type Risk,
  type TenantFacts,
  type UserFacts,
} from './graph/facts.ts';
export type { FlowFault } from './graph/faults.ts';
export { branchesOf, draws, linesOf, placeOf, type FlowGraph } from './graph/graph.ts';
export type { Json } from './graph/json.ts';
export { GRAPH_KINDS, type GraphKind, type GraphNode } from './graph/kinds.ts';
export { RESERVED_CLAIMS } from './graph/nodes/set-claims.ts';
export { lintFlow, mayPublish, type FlowLint, type LintCode } from './graph/lint.ts';
export type { Branch, OutputType } from './graph/meaning.ts';
export type { Notice } from './graph/notice.ts';
export { flowSchema, parseFlow, parseFlowText, parseVersion, type ParsedFlow } from './graph/parse.ts';
export { contextAt, namesAt } from './graph/scope.ts';
export {
  approvalOf,
  beginJourney,
  type Demand,
  type First,
  type JourneyApproval,
  type JourneyDenial,
  type JourneyProof,
  type JourneyState,
} from './graph/state.ts';
export { FLOW_TEMPLATES } from './graph/templates/all.ts';
export type { FlowTemplate } from './graph/templates/template.ts';
export { canonicalFlow, exportFlow, flowDocument, parseLayout, type FlowDocument, type FlowLayout } from './graph/text.ts';
export { publishFlow, type FlowVersion, type Published } from './graph/version.ts';
