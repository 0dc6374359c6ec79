export { ConfigError, readConfig, type Config } from './config.ts';
export { startHub, type Hub, type StartOptions } from './main.ts';
