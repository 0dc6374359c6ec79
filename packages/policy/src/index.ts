/** The policy language: parse, compile, decide, explain. Pure: no I/O, no clock, the same answer everywhere. */
export { GRANTS } from './rule.ts';
export type {
  ApprovalNeed,
  Budget,
  Comparison,
  Condition,
  Effect,
  GrantName,
  Operator,
  PolicyRule,
  Requirement,
  Selection,
  State,
  StepUp,
  Subject,
  Target,
} from './rule.ts';
export { WHOLE } from './request.ts';
export type { PolicyRequest, TargetKind } from './request.ts';
export { KEY_NAMES } from './keys.ts';
export type { Fault } from './faults.ts';
export { parsePolicy } from './parse.ts';
export type { Known, Parsed } from './parse.ts';
export { compilePolicies } from './compile.ts';
export type { PolicySet } from './compile.ts';
export { decide, decideWithShadow } from './decide.ts';
export type { Decision, Outstanding, Refusal } from './decide.ts';
export { explain } from './explain.ts';
export type { Explanation, RuleExplanation, ScopeExplanation } from './explain.ts';
export type { Obstacle } from './obstacle.ts';
export { REQUEST_TIME, parsePolicyRequest } from './parse-request.ts';
export type { ParsedRequest, RequestFacts } from './parse-request.ts';
export { parsePolicyTest, parsePolicyTests, runTest, runTests } from './saved-test.ts';
export type { Expectation, ParsedTest, ParsedTests, PolicyTest, TestResult, TestRun } from './saved-test.ts';
export { createReplay, replay, withoutRule } from './replay.ts';
export type { Recorded, Replay, ReplayOptions, ReplayReport, ReplaySample } from './replay.ts';
export type { Difference, RequirementChange } from './difference.ts';
export type { Tally } from './tally.ts';
export { matchedBy, rulesFor } from './coverage.ts';
export type { Coverage, Who } from './coverage.ts';
export { compileGlob } from './glob.ts';
export { toCedar } from './cedar.ts';
export type { CedarExport } from './cedar.ts';
export type { CedarPattern } from './cedar-condition.ts';
export { toCedarRequest } from './cedar-request.ts';
export type { CedarRequest, CedarUid, CedarValue } from './cedar-request.ts';
export { importOlder } from './older.ts';
export type { OlderImport, OlderNote, OlderOptions } from './older.ts';
