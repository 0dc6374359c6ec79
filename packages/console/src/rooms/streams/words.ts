/** The word of an event, in which its URI ends. */
export function wordOf(uri: string): string {
  return uri.split('/').at(-1) ?? uri;
}
