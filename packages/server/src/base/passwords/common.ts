let loaded: Promise<ReadonlySet<string>> | undefined;

/**
 * 49,000 passwords that people really used (lower case), most of them from published breaches. Unpacking takes a tenth of a second
 * and some megabytes, so it waits until somebody chooses a password.
 */
export function commonPasswords(): Promise<ReadonlySet<string>> {
  loaded ??= import('@zxcvbn-ts/language-common').then(({ dictionary }) => new Set(dictionary['passwords-common']));
  return loaded;
}
