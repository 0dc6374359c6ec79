/** The admin API of a Writ hub: a typed client, and the types of every operation. `openapi.json` beside it is the whole description. */
export { adminClient } from './client.ts';
export type { AdminClient, AdminClientOptions, Answer, Arguments, Operation } from './client.ts';
export type { Operations, Problem } from './operations.ts';
