export { ConfigError, readConfig, type Config } from './config.ts';
export { startHub, type Hub, type StartOptions } from './main.ts';
export { loadConfigFile } from './doors/admin/load.ts';
export { startEmbedded } from './base/postgres/embedded.ts';
export { testOffline, type OfflineRun } from './rooms/policies/offline.ts';
