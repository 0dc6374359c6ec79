export type { Guard } from './express.ts';
export { guard } from './express.ts';
