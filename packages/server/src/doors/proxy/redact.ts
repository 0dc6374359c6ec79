/** Shorter ones stand in any text; blotting them out would tell where they stand. */
const SHORTEST = 6;

/** The ways in which a service may show a secret that it was sent: as it is, or as texts are written into URLs, JSON, HTML and base64. */
export function formsOf(secrets: readonly string[]): Buffer[] {
  const texts = new Set<string>();
  for (const secret of secrets) {
    if (secret.length < SHORTEST) continue;
    texts.add(secret);
    // Most secrets are written alike in URLs, JSON and HTML.
    if (!/^[\w.~-]*$/.test(secret)) {
      texts.add(encodeURIComponent(secret));
      texts.add(JSON.stringify(secret).slice(1, -1));
      texts.add(secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'));
    }
    const encoded = Buffer.from(secret).toString('base64url');
    texts.add(encoded);
    texts.add(encoded.replaceAll('-', '+').replaceAll('_', '/'));
  }
  return [...texts].sort((a, b) => b.length - a.length).map((text) => Buffer.from(text));
}

/** Blots secrets out by stars, byte for byte, so that the length stays what was announced. What had none is handed back as it is. */
export function blotted(data: Buffer, forms: readonly Buffer[]): { data: Buffer; found: number } {
  let clean = data;
  let found = 0;
  for (const form of forms) {
    for (let at = clean.indexOf(form); at >= 0; at = clean.indexOf(form, at + form.length)) {
      if (clean === data) clean = Buffer.from(data);
      clean.fill('*', at, at + form.length);
      found += 1;
    }
  }
  return { data: clean, found };
}

export type Redactor = {
  /** What may go on; the end of it is held back while it could be the beginning of a secret. */
  push(chunk: Buffer): Buffer;
  end(): Buffer;
  /** How often something was blotted out. */
  found(): number;
};

/** As {@link blotted}, for a body that comes in pieces. */
export function createRedactor(forms: readonly Buffer[]): Redactor {
  let held: Buffer = Buffer.alloc(0);
  let found = 0;
  return {
    push(chunk) {
      const { data, found: here } = blotted(held.length === 0 ? chunk : Buffer.concat([held, chunk]), forms);
      found += here;
      const keep = Math.max(0, ...forms.map((form) => beginning(data, form)));
      held = data.subarray(data.length - keep);
      return data.subarray(0, data.length - keep);
    },
    end() {
      const rest = held;
      held = Buffer.alloc(0);
      return rest;
    },
    found: () => found,
  };
}

/** How many bytes at the end of `data` are the beginning of `form`. */
function beginning(data: Buffer, form: Buffer): number {
  const from = Math.max(0, data.length - form.length + 1);
  const first = form[0];
  if (first === undefined) return 0;
  for (let at = data.indexOf(first, from); at >= 0; at = data.indexOf(first, at + 1)) {
    if (data.subarray(at).equals(form.subarray(0, data.length - at))) return data.length - at;
  }
  return 0;
}

/** Headers without those that show a secret. */
export function withoutSecrets(
  headers: Record<string, string | readonly string[]>,
  forms: readonly Buffer[],
): { headers: Record<string, string | readonly string[]>; found: number } {
  const words = forms.map((form) => form.toString('latin1'));
  const shows = (text: string): boolean => words.some((word) => text.includes(word));
  const showing = Object.entries(headers).filter(
    ([name, value]) => shows(name) || (typeof value === 'string' ? shows(value) : value.some(shows)),
  );
  if (showing.length === 0) return { headers, found: 0 };
  const kept = { ...headers };
  for (const [name] of showing) delete kept[name];
  return { headers: kept, found: showing.length };
}
