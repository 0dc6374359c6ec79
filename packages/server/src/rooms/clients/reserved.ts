/** The id of the console. No config, administrator or import can take it. */
export const CONSOLE_CLIENT_ID = 'writ-console';
