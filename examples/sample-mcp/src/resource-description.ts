export const SCOPES = [
  {
    name: 'incidents:read',
    title: 'Read incidents',
    description: 'See open and past incidents and the deploys behind them.',
    risk: 'low',
    required: true,
  },
  { name: 'incidents:comment', title: 'Comment on incidents', description: 'Add comments to incidents in your name.', risk: 'low' },
  {
    name: 'incidents:write',
    title: 'Open and change incidents',
    description: 'Open incidents and change their state and severity.',
    risk: 'elevated',
  },
  {
    name: 'deploys:rollback',
    title: 'Roll back deploys',
    description: 'Put an earlier version of a service back into production.',
    risk: 'high',
  },
  {
    name: 'customers:export',
    title: 'Export customer data',
    description: 'Export names and e-mail addresses of affected customers.',
    risk: 'high',
  },
] as const;

export type SampleScope = (typeof SCOPES)[number]['name'];

/** Which scopes each tool needs. The server enforces it, and the hub is told the same. */
export const TOOLS = {
  whoami: [],
  list_incidents: ['incidents:read'],
  get_incident: ['incidents:read'],
  list_deploys: ['incidents:read'],
  add_comment: ['incidents:read', 'incidents:comment'],
  open_incident: ['incidents:write'],
  set_incident_state: ['incidents:write'],
  rollback_deploy: ['deploys:rollback'],
  export_customers: ['customers:export'],
} as const satisfies Readonly<Record<string, readonly SampleScope[]>>;

/** The same address under the other name of loopback: some clients write one, some the other. Empty for any other host. */
export function loopbackAliases(uri: string): string[] {
  const names = ['localhost', '127.0.0.1'];
  const { hostname } = new URL(uri);
  return names.includes(hostname) ? names.filter((name) => name !== hostname).map((name) => uri.replace(`//${hostname}`, `//${name}`)) : [];
}

/** The sample as a `resources` entry of the hub's config file. */
export function sampleResource(uri: string) {
  return {
    id: 'acme-incidents',
    name: 'Acme Incidents',
    type: 'mcp',
    uri,
    aliases: loopbackAliases(uri),
    scopes: SCOPES.map((scope) => ({ ...scope })),
    tools: Object.entries(TOOLS).map(([name, scopes]) => ({ name, scopes: [...scopes] })),
    registration: { cimd: { enabled: true }, dcr: { enabled: true } },
  } as const;
}
