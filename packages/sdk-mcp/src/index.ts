export { toAuthInfo } from './auth-info.ts';
export type { ToolAnswer } from './connection.ts';
export { answerFor, withConnection } from './connection.ts';
export type { ProtectOptions, ProtectedFactory, ProtectedMcp } from './protect.ts';
export { protectMcp } from './protect.ts';
export type { Ruling, ToolRules } from './tools.ts';
export { judge, mayUse } from './tools.ts';
export type { V1Errors, V1TokenVerifier } from './verifier.ts';
export { createTokenVerifier, createV1TokenVerifier } from './verifier.ts';
