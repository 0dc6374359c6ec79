type Registration = { cimd: { enabled: boolean; hosts: readonly string[] }; dcr: { enabled: boolean } };

/** How clients may register by themselves to reach a resource: a list without hosts bars none. */
export function registrationWords({ cimd: { enabled, hosts }, dcr }: Registration): string {
  const from = hosts.length === 0 ? 'any host that the hub lets in' : hosts.join(', ');
  const ways = [...(enabled ? [`by their own document (CIMD) from ${from}`] : []), ...(dcr.enabled ? ['over the wire (DCR)'] : [])];
  return ways.length === 0 ? 'clients do not register by themselves' : `clients register by themselves: ${ways.join('; or ')}`;
}
