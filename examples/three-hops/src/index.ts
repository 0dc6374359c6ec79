export { SECRETS, hubConfig } from './hub-config.ts';
export type { Places } from './hub-config.ts';
export { placesAt, startThreeHops } from './start.ts';
export type { ThreeHops } from './start.ts';
