/** CIBA §7.1: short enough for a phone. */
const LONGEST = 200;
/**
 * Letters of any script, digits, single spaces and the signs of plain sentences. No markup, no line break, and nothing that changes the order of
 * what stands around it (attack 131): the text is shown beside the hub's own words and must not be able to speak in their place.
 */
const PLAIN = /^[\p{L}\p{M}\p{N}\p{Sc} .,:;!?'"()/#%+@&*=_–—-]+$/u;

/** Whether a binding message may be shown to a person as it is. */
export function isPlainMessage(text: string): boolean {
  return text.length <= LONGEST && PLAIN.test(text) && text.trim() !== '' && text.isWellFormed();
}
