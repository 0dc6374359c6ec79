/** Why a verb cannot do what was asked: one sentence for the person at the terminal. The program prints it and ends with 1 (or `status`). */
export class Refused extends Error {
  override name = 'Refused';
  readonly status: 1 | 2;

  constructor(sentence: string, status: 1 | 2 = 1) {
    super(sentence);
    this.status = status;
  }
}

/** Errors of the hub's own start that are meant for people: their message is the sentence. */
const FOR_PEOPLE = new Set(['Refused', 'ConfigError', 'PostgresRefused', 'ConfigFileError', 'ResourceConfigError']);

/** One sentence about anything that was thrown; undefined when it is a bug and deserves its stack. */
export function sentenceOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (FOR_PEOPLE.has(error.name)) {
    return codeOf(error) === 'folder_locked' ? `${error.message} Stop that one, or choose another folder with --data.` : error.message;
  }
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return `Port ${portOf(error)} is in use. Stop what uses it, or choose another with --port.`;
    case 'EACCES':
      return `Not allowed: ${error.message}.`;
    case 'ENOENT':
      return `Not found: ${error.message}.`;
    default:
      return undefined;
  }
}

/** The system's word for a failed call (`ECONNREFUSED`, `ENOENT`, …), also when fetch wrapped it. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return codeOf(error.cause);
}

function portOf(error: Error): string {
  return 'port' in error && typeof error.port === 'number' ? String(error.port) : 'of the hub';
}
