/** The page of what an entry is about, by the word of its target; undefined for what has no page of its own. */
const ROOMS: Readonly<Record<string, string>> = {
  agent: 'agents',
  agents: 'agents',
  client: 'clients',
  clients: 'clients',
  user: 'users',
  users: 'users',
  tenant: 'tenants',
  tenants: 'tenants',
  role: 'roles',
  resource: 'resources',
  resources: 'resources',
  connection: 'connections',
  connections: 'connections',
  credential: 'credentials',
  credentials: 'credentials',
  policy: 'policies',
  policies: 'policies',
  grant: 'grants',
  grants: 'grants',
  approval: 'approvals',
  approvals: 'approvals',
  sink: 'sinks',
  sinks: 'sinks',
  stream: 'streams',
  streams: 'streams',
  transmitter: 'transmitters',
  transmitters: 'transmitters',
  issuer: 'issuers',
  'identity provider': 'identity-providers',
  'flow secret': 'flow-secrets',
  'policy test': 'policy-tests',
  flow: 'flows',
};

export function targetRoom(type: string): string | undefined {
  return ROOMS[type];
}
