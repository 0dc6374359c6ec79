// One-dimensional arrays in the binary form of Postgres (array_send): dimensions, whether one is null, the element's type, length, lower bound; then each
// element behind its length. As text an array of entries would be quoted here and read character by character there.
const HEADER = 20;
const TEXT = 25;
const BIGINT = 20;

/** A parameter for `$n::text[]`; null where there is nothing. */
export function textArray(values: readonly (string | undefined)[]): Buffer {
  const lengths = values.map((value) => (value === undefined ? -1 : Buffer.byteLength(value)));
  const size = lengths.reduce((sum, length) => sum + 4 + Math.max(0, length), HEADER);
  const array = begin(size, TEXT, values.length, lengths.includes(-1));
  let at = HEADER;
  values.forEach((value = '', index) => {
    const length = lengths[index] ?? -1;
    array.writeInt32BE(length, at);
    // As many bytes as characters is ASCII, which is written three times as fast when that is said.
    if (length > 0) array.write(value, at + 4, length === value.length ? 'latin1' : 'utf8');
    at += 4 + Math.max(0, length);
  });
  return array;
}

/** A parameter for `$n::bigint[]`, of whole numbers below 2^53. */
export function bigintArray(values: readonly number[]): Buffer {
  const array = begin(HEADER + 12 * values.length, BIGINT, values.length, false);
  let at = HEADER;
  for (const value of values) {
    array.writeInt32BE(8, at);
    array.writeInt32BE(Math.floor(value / 2 ** 32), at + 4);
    array.writeUInt32BE(value >>> 0, at + 8);
    at += 12;
  }
  return array;
}

function begin(size: number, type: number, length: number, hasNull: boolean): Buffer {
  const array = Buffer.allocUnsafe(size);
  array.writeInt32BE(1, 0);
  array.writeInt32BE(hasNull ? 1 : 0, 4);
  array.writeInt32BE(type, 8);
  array.writeInt32BE(length, 12);
  array.writeInt32BE(1, 16);
  return array;
}
