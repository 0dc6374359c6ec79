export { ANN_CONNECTED, ANN_TOKEN, SEARCH_KEY, hubConfig } from './hub-config.ts';
export type { Places } from './hub-config.ts';
export { placesAt, startVaultTool } from './start.ts';
export type { VaultTool } from './start.ts';
