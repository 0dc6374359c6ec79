import { commonPasswords } from './common.ts';
import { MAX_BYTES, prepare } from './prepare.ts';
import { consistsOf, isMonotonous, repeatedWord, undisguised } from './shapes.ts';

/** What a guesser knows about the person without trying. */
export interface PasswordContext {
  readonly email?: string;
  readonly name?: string;
  /** Name of the installation or of the tenant, as shown on its pages. */
  readonly product?: string;
}

export interface PasswordRules {
  /** Unicode characters after normalisation. Below 8 is read as 8 (NIST SP 800-63B-4 §3.1.1.2). */
  readonly minLength?: number;
}

export type PasswordReason = 'too_short' | 'too_long' | 'malformed' | 'monotonous' | 'common' | 'personal';
/** `message` is a sentence for the person who chose the password. It never repeats the password. */
export type PasswordVerdict = { ok: true } | { ok: false; reason: PasswordReason; message: string };

const LEAST = 8;
/**
 * NIST asks for 15 where a password is all there is and for 8 beside a second factor. The hub does not know at this point which
 * it will be, guesses online against limits only, and hashes slowly: 12 is between, and an installation may ask for 15.
 */
export const DEFAULT_MIN_LENGTH = 12;

/**
 * Judges a password that somebody wants to have: length, then whether guessers try it first. No rules of composition and no expiry
 * (NIST SP 800-63B-4 §3.1.1.2: shall not). Not to be asked at login: an old password must keep working.
 */
export async function checkPassword(password: string, context: PasswordContext, rules: PasswordRules = {}): Promise<PasswordVerdict> {
  const prepared = prepare(password);
  if (!prepared.ok) {
    return prepared.reason === 'too_long'
      ? refuse('too_long', `This password is longer than ${MAX_BYTES} bytes. Use a shorter one.`)
      : refuse('malformed', 'This password holds a character that cannot be stored. Type it again.');
  }
  const minLength = Math.max(LEAST, rules.minLength ?? DEFAULT_MIN_LENGTH);
  if ([...prepared.text].length < minLength) {
    return refuse('too_short', `Use at least ${minLength} characters. A few words that do not belong together are easy to remember.`);
  }
  // Lowering can undo NFKC ('İ'), which would hide a word from the list.
  const text = prepared.text.toLowerCase().normalize('NFKC');
  if (isMonotonous(text))
    return refuse('monotonous', 'This is a repeated or neighbouring row of characters, which is guessed first. Choose another.');
  if (consistsOf(text, wordsOf(context))) {
    return refuse(
      'personal',
      'This is made of your name, your e-mail address or the name of this site. Choose something nobody would expect of you.',
    );
  }
  if (await isCommon(text))
    return refuse('common', 'This password, or one very much like it, is on lists of leaked passwords. Choose another.');
  return { ok: true };
}

const refuse = (reason: PasswordReason, message: string): PasswordVerdict => ({ ok: false, reason, message });

async function isCommon(text: string): Promise<boolean> {
  const known = await commonPasswords();
  const repeated = repeatedWord(text);
  return [...undisguised(text), ...(repeated === undefined ? [] : undisguised(repeated))].some((one) => known.has(one));
}

function wordsOf({ email = '', name = '', product = '' }: PasswordContext): string[] {
  const words = [email, name, product, 'writ'].flatMap((text) => {
    const lower = text.normalize('NFKC').toLowerCase();
    return [lower, ...lower.split(/[^\p{L}\p{N}]+/u)];
  });
  // Two letters are a part of too many words to mean the person.
  return [...new Set(words)].filter((word) => word.length >= 3);
}
