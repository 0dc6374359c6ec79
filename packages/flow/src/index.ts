/** Flow graphs as data, and the one function that moves a journey through them. Pure: no I/O, no clock. */
export { authorizeFlow, signInFlow, validateFlow } from './flow.ts';
export type { Flow, FlowNode, Method, NodeKind } from './flow.ts';
export { initialState } from './state.ts';
export type { Approval, Ask, Denial, Effect, First, FlowEvent, FlowState, Mode, Notice, Proof, Screen, Step, Verdict } from './state.ts';
export { step } from './step.ts';
