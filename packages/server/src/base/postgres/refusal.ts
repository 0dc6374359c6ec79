export type RefusalCode =
  | 'folder_locked'
  | 'no_binaries'
  | 'wrong_owner'
  | 'wrong_version'
  | 'unreachable'
  | 'no_os_user'
  | 'start_failed'
  | 'not_permitted';

/** The embedded database cannot run here. The message is one sentence for the person at the terminal and says what to do. */
export class PostgresRefused extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.name = 'PostgresRefused';
    this.code = code;
  }
}

/** The system's word for a failed call (`ENOENT`, `EACCES`, …), or undefined when the error carries none. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
