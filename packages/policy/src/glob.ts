/** Longest pattern accepted, in characters: bounds the work per character of text. */
export const MAX_GLOB = 255;

const BACKSLASH = '\\';
const WORD = 31;

type Element = { readonly char: string | undefined; readonly star: boolean };

/** Splits a pattern into elements; `star` says that any run of characters may stand before the element. */
function elementsOf(pattern: string): { elements: Element[]; endStar: boolean } | undefined {
  const elements: Element[] = [];
  let star = false;
  let escaped = false;
  for (const char of pattern) {
    if (!escaped && char === BACKSLASH) {
      escaped = true;
    } else if (!escaped && char === '*') {
      star = true;
    } else {
      elements.push({ char: !escaped && char === '?' ? undefined : char, star });
      star = false;
      escaped = false;
    }
  }
  return escaped ? undefined : { elements, endStar: star };
}

/**
 * Compiles a glob over the whole text: `*` any run, `?` one character, backslash takes the next one literally.
 * Runs all alternatives at once, one bit each, so the time is linear in the text: a backtracking matcher or a RegExp made
 * from the pattern would let whoever chooses the text stall the hub.
 * Returns undefined when the pattern is too long or ends in a lone backslash.
 */
export function compileGlob(pattern: string): ((text: string) => boolean) | undefined {
  const parsed = elementsOf(pattern);
  if (!parsed || parsed.elements.length > MAX_GLOB) return undefined;
  const { elements, endStar } = parsed;
  const words = Math.floor(elements.length / WORD) + 1;
  const bit = (row: Uint32Array, at: number): void =>
    void (row[Math.floor(at / WORD)] = (row[Math.floor(at / WORD)] ?? 0) | (1 << (at % WORD)));
  const any = new Uint32Array(words);
  const stay = new Uint32Array(words);
  const accepts = new Map<string, Uint32Array>();
  elements.forEach(({ char, star }, at) => {
    if (star) bit(stay, at);
    if (char === undefined) bit(any, at);
    else if (!accepts.has(char)) accepts.set(char, new Uint32Array(words));
  });
  if (endStar) bit(stay, elements.length);
  elements.forEach(({ char }, at) => {
    for (const [known, row] of accepts) if (char === undefined || char === known) bit(row, at);
  });
  return (text) => run(text, { words, any, stay, accepts, last: elements.length });
}

type Automaton = { words: number; any: Uint32Array; stay: Uint32Array; accepts: Map<string, Uint32Array>; last: number };

/** Bit i of `now` is set while the first i elements can account for the text read so far. */
function run(text: string, { words, any, stay, accepts, last }: Automaton): boolean {
  const now = new Uint32Array(words);
  now[0] = 1;
  for (const char of text) {
    const row = accepts.get(char) ?? any;
    let carry = 0;
    let alive = 0;
    for (let w = 0; w < words; w += 1) {
      const held = now[w] ?? 0;
      const stepped = held & (row[w] ?? 0);
      const next = ((stepped << 1) & 0x7fffffff) | carry | (held & (stay[w] ?? 0));
      carry = (stepped >>> (WORD - 1)) & 1;
      now[w] = next;
      alive |= next;
    }
    if (alive === 0) return false;
  }
  return (((now[Math.floor(last / WORD)] ?? 0) >>> (last % WORD)) & 1) === 1;
}
