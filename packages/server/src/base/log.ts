import { pino, type Logger } from 'pino';

export type Log = Logger;

/** JSON lines on stdout. Secrets are kept out by not logging bodies at all; the list below is the second wall. */
export function createLog(level: string): Log {
  return pino({
    level,
    base: null,
    redact: {
      paths: [
        '*.password',
        '*.secret',
        '*.client_secret',
        '*.access_token',
        '*.refresh_token',
        '*.code_verifier',
        '*.authorization',
        '*.cookie',
      ],
      censor: '[redacted]',
    },
  });
}
