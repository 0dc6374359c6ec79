import { isForm, type Inbound } from '../../base/http/message.ts';
import { fail, ok, type Result } from '../../base/result.ts';

/** The parameters of one OAuth request, read once. Names are case-sensitive; an empty value counts as absent (RFC 6749 §3.1, §3.2). */
export type Form = {
  get(name: string): string | undefined;
  /** All values, in order, of the two that may stand several times: `resource` and `audience` (RFC 8707 §2). */
  all(name: 'resource' | 'audience'): readonly string[];
};

/** Why a request cannot be read; the sentence goes to the caller. `parameter`: the one that stands twice. */
export type FormFault = { sentence: string; status: 400 | 415; parameter?: string };

const MAX_PARAMETERS = 100;
const REPEATABLE = new Set(['resource', 'audience']);
/** What makes decoding necessary; most parameters have none of it. A raw NUL is sent the same way, to be found. */
const ENCODED = /[%+\0]/;

/**
 * The body of a POST as form parameters. Anything else than `application/x-www-form-urlencoded` in UTF-8 is refused: a JSON body that one
 * parser reads and another does not is how checks are walked around (RFC 6749 §4.1.3).
 */
export function parseForm(request: Inbound): Result<Form, FormFault> {
  if (!isForm(request)) return fail({ sentence: 'The body is application/x-www-form-urlencoded.', status: 400 });
  return parseParameters(request.body);
}

/**
 * A query string or form body. A parameter that stands twice is an error, for it is read differently by different parsers (RFC 6749 §3.1).
 * So is one that does not decode: a lenient reader would turn two different texts into the same.
 */
export function parseParameters(text: string): Result<Form, FormFault> {
  const single = new Map<string, string>();
  const repeated = new Map<string, string[]>();
  const pairs = text === '' ? [] : text.split('&', MAX_PARAMETERS + 1);
  if (pairs.length > MAX_PARAMETERS) return fail({ sentence: 'There are too many parameters.', status: 400 });
  for (const pair of pairs) {
    if (pair === '') continue;
    const mark = pair.indexOf('=');
    const name = decoded(mark < 0 ? pair : pair.slice(0, mark));
    const value = mark < 0 ? '' : decoded(pair.slice(mark + 1));
    if (name === undefined || value === undefined) return fail({ sentence: 'A parameter is not percent-encoded UTF-8.', status: 400 });
    if (REPEATABLE.has(name)) repeated.set(name, [...(repeated.get(name) ?? []), value]);
    else if (single.has(name)) return fail({ sentence: `The parameter ${printable(name)} stands twice.`, status: 400, parameter: name });
    else single.set(name, value);
  }
  return ok({
    get: (name) => given(single.get(name) ?? repeated.get(name)?.[0]),
    all: (name) => (repeated.get(name) ?? []).filter((value) => value !== ''),
  });
}

/** Undefined for bad percent-encoding, for bytes that are not UTF-8, and for NUL, which the database takes from nobody. */
function decoded(text: string): string | undefined {
  if (!ENCODED.test(text)) return text;
  try {
    const value = decodeURIComponent(text.replaceAll('+', ' '));
    return value.includes('\0') ? undefined : value;
  } catch {
    return undefined;
  }
}

function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function printable(name: string): string {
  return /^[A-Za-z0-9_.-]{1,40}$/.test(name) ? name : 'of that name';
}
