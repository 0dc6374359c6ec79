/** Letters that look like ours: enough of Cyrillic and Greek, and the digits people put for letters, to see through a disguise of a few reserved words. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  ѡ: 'w',
  ԝ: 'w',
  ω: 'w',
  ꮃ: 'w',
  г: 'r',
  ꮁ: 'r',
  і: 'i',
  ї: 'i',
  ι: 'i',
  '1': 'i',
  l: 'i',
  '|': 'i',
  '!': 'i',
  ı: 'i',
  т: 't',
  τ: 't',
  '7': 't',
  ƚ: 't',
};
const RESERVED = 'writ';
const MAX_LENGTH = 64;

/**
 * Why a name that a client gives itself is refused; undefined when it may stand on a consent page. Names of other programs are not reserved:
 * the real ones register under them, and only evidence (never a name) marks a client verified.
 */
export function clientNameFault(name: string, hubHost: string): string | undefined {
  if (name.trim() === '') return 'client_name is empty';
  if ([...name].length > MAX_LENGTH) return `client_name has at most ${MAX_LENGTH} characters`;
  // Control, format (bidirectional marks, zero-width joiners), line breaks, private use, unassigned and halves of surrogate pairs: what is
  // shown would not be what is there.
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}\u115f\u1160\u3164\uffa0]/u.test(name))
    return 'client_name has invisible or control characters';
  if (words(name).some(mixesScripts)) return 'client_name mixes scripts within a word';
  return isOurs(name, hubHost) ? 'client_name is reserved for the hub itself' : undefined;
}

function words(name: string): string[] {
  return name.normalize('NFKC').split(/[^\p{L}\p{M}\p{N}]+/u);
}

/** Latin beside Cyrillic or Greek in one word: a well-known name in disguise (UTS 39, single script). */
function mixesScripts(word: string): boolean {
  return /\p{Script=Latin}/u.test(word) && /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Cherokee}\p{Script=Armenian}]/u.test(word);
}

function isOurs(name: string, hubHost: string): boolean {
  const plain = name.normalize('NFKC').toLowerCase().trim();
  if (hubHost !== '' && (plain === hubHost.toLowerCase() || plain.startsWith(`${hubHost.toLowerCase()} `))) return true;
  const spelled = words(name)
    .map(skeleton)
    .filter((word) => word !== '');
  return spelled[0] === RESERVED || spelled.join('') === RESERVED;
}

function skeleton(word: string): string {
  const bare = word.toLowerCase().normalize('NFD').replaceAll(/\p{M}/gu, '');
  return [...bare].map((letter) => LOOK_ALIKES[letter] ?? letter).join('');
}
