export type { CallerEnv } from './hono.ts';
export { authenticate, metadata, requireScope } from './hono.ts';
