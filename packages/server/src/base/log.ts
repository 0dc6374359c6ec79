import { pino, type Logger, type LoggerOptions } from 'pino';

export type Log = Logger;

/** JSON lines on stdout, or to where a test reads them. Secrets are kept out by not logging bodies at all; the list below is the second wall. */
export function createLog(level: string, to?: { write(line: string): void }): Log {
  const options: LoggerOptions = {
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
  };
  return to === undefined ? pino(options) : pino(options, to);
}
