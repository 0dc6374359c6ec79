/** How a guesser would look at a password: the questions below are about its shape, all of them pure, all on lower-case text. */

const ROWS = ['1234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'qwertzuiop', 'azertyuiop', '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p'];
/** As much as people put before or behind a word to satisfy a rule: a date, a year and some signs. */
const PADDING = 8;
const LEET: ReadonlyArray<Readonly<Record<string, string>>> = [
  { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't', '@': 'a', $: 's', '!': 'i' },
  { 0: 'o', 1: 'l', 3: 'e', 4: 'a', 5: 's', 7: 't', '@': 'a', $: 's', '!': 'l' },
];

/** One character repeated, a row of the keyboard, the alphabet, `121212…`: nothing that had to be thought of. */
export function isMonotonous(text: string): boolean {
  const characters = [...text];
  return new Set(characters).size < 4 || (period(characters) ?? characters.length) <= 4 || runs(characters) <= 2;
}

/** The word that stands in the password whole, twice or more, when there is one: `monkeymonkey` is `monkey`. */
export function repeatedWord(text: string): string | undefined {
  const characters = [...text];
  const length = period(characters);
  return length === undefined ? undefined : characters.slice(0, length).join('');
}

function period(characters: readonly string[]): number | undefined {
  for (let length = 1; length <= characters.length / 2; length += 1) {
    if (characters.every((one, index) => one === characters[index % length])) return length;
  }
  return undefined;
}

function runs(characters: readonly string[]): number {
  return characters.filter((one, index) => index === 0 || !adjacent(characters[index - 1] ?? '', one)).length;
}

function adjacent(left: string, right: string): boolean {
  if (Math.abs((left.codePointAt(0) ?? 0) - (right.codePointAt(0) ?? 0)) <= 1) return true;
  return ROWS.some((row) => row.includes(left + right) || row.includes(right + left));
}

/** What the password is when its disguise is taken off: digits and signs at its ends, and digits and signs that stand for letters. */
export function undisguised(text: string): string[] {
  const bare = [text, text.replace(/[^\p{L}]+$/u, ''), text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')];
  const words = bare.filter((one) => one.length >= 4 && text.length - one.length <= PADDING);
  return [...words, ...words.flatMap((word) => LEET.map((table) => unleet(word, table)))];
}

/** Nothing but these words, digits and signs: `acme-Ann-2026!` of Ann at Acme. */
export function consistsOf(text: string, words: readonly string[]): boolean {
  const longestFirst = words.toSorted((a, b) => b.length - a.length);
  return [text, ...LEET.map((table) => unleet(text, table))].some((form) => {
    const rest = longestFirst.reduce((left, word) => left.replaceAll(word, ''), form);
    return rest.length < form.length && rest.length <= PADDING && !/\p{L}/u.test(rest);
  });
}

function unleet(text: string, table: Readonly<Record<string, string>>): string {
  return text.replace(/[^\p{L}]/gu, (one) => table[one] ?? one);
}
