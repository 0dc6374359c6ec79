/**
 * Text that others chose (a client's name, a reason, a user agent), made harmless to print: control characters could move the cursor,
 * rewrite what stands above or set the window's title, bidirectional marks could swap words. They are shown as their code instead.
 * In `json` the line breaks and tabs of the layout stay, and the codes are JSON's own escapes.
 */
export function visible(text: string, form: 'plain' | 'json' = 'plain'): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (sign) => {
    if (form === 'json' && sign === '\n') return sign;
    return [...Array(sign.length).keys()].map((index) => `\\u${sign.charCodeAt(index).toString(16).padStart(4, '0')}`).join('');
  });
}
