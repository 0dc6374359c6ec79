export { catalogue, providerById } from './catalogue.ts';
export type { Values, VariableFault } from './fill.ts';
export { fillIn, variableFaults } from './fill.ts';
export type { Evidence, KeyProvider, OAuthProvider, Provider, ProviderQuirks, ProviderScope, Variable, Verified } from './provider.ts';
export { verifiedBy } from './provider.ts';
