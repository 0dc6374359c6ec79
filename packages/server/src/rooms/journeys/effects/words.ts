/** A text of which parts came from outside, as one plain line: no control characters, nothing that changes the direction of what follows. */
export function oneLine(text: string, most: number): string {
  const plain = text
    .replaceAll(/[\p{Cc}\s\u2028\u2029]+/gu, ' ')
    .replaceAll(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .trim();
  return plain.length > most ? `${plain.slice(0, most - 1)}…`.toWellFormed() : plain.toWellFormed();
}
