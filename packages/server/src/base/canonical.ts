import canonicalize from 'canonicalize';

/** RFC 8785 text of a plain value: same value, same bytes, whoever writes it. */
export function canonical(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new Error('value has no canonical form');
  return text;
}
