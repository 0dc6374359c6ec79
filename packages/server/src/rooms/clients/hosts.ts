/** Whether a host name is covered by a list of `host` and `*.host` patterns. A star stands for at least one label, never for the host itself. */
export function hostListed(patterns: readonly string[], host: string): boolean {
  const name = host.toLowerCase();
  return patterns.some((pattern) => {
    const wanted = pattern.toLowerCase();
    return wanted.startsWith('*.') ? name.endsWith(wanted.slice(1)) && name.length > wanted.length - 1 : name === wanted;
  });
}

/** What an admin may write in such a list. */
export const HOST_PATTERN = /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?$/;

/** Host names that only mean something inside somebody's network (RFC 6762, RFC 8375, RFC 2606, and the metadata services of clouds). */
export function isInternalName(hostname: string): boolean {
  return (
    /(^|\.)(internal|local|localhost|localdomain|lan|home|corp|intranet|private|test|invalid|home\.arpa|in-addr\.arpa|ip6\.arpa)$/.test(
      hostname,
    ) || !/[.:\]]/.test(hostname)
  );
}
