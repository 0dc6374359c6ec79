export type { CallerEnv } from './hono.ts';
export { authenticate, metadata, requireAuthentication, requireScope } from './hono.ts';
