export type Severity = 'low' | 'high' | 'critical';
export type State = 'open' | 'mitigated' | 'closed';
export type Comment = { readonly by: string; readonly text: string };
export type Incident = {
  readonly id: string;
  readonly title: string;
  readonly service: string;
  readonly severity: Severity;
  readonly state: State;
  readonly opened: string;
  readonly comments: readonly Comment[];
};
export type Deploy = {
  readonly id: string;
  readonly service: string;
  readonly version: string;
  readonly at: string;
  readonly state: 'live' | 'replaced' | 'rolled back';
};
export type Customer = { readonly name: string; readonly email: string; readonly plan: string };

const INCIDENTS: readonly Incident[] = [
  {
    id: 'INC-1041',
    title: 'Checkout answers slowly in eu-west',
    service: 'checkout',
    severity: 'critical',
    state: 'open',
    opened: '2026-11-20T07:12:00Z',
    comments: [{ by: 'ann', text: 'p99 went from 400 ms to 6 s right after deploy dep-208.' }],
  },
  {
    id: 'INC-1040',
    title: 'Duplicate invoices for annual plans',
    service: 'billing',
    severity: 'high',
    state: 'mitigated',
    opened: '2026-11-18T15:40:00Z',
    comments: [],
  },
  {
    id: 'INC-1036',
    title: 'Search misses documents uploaded on a phone',
    service: 'search',
    severity: 'low',
    state: 'open',
    opened: '2026-11-12T09:03:00Z',
    comments: [],
  },
  {
    id: 'INC-1029',
    title: 'Certificate of status page ran out',
    service: 'status',
    severity: 'high',
    state: 'closed',
    opened: '2026-10-30T22:15:00Z',
    comments: [{ by: 'bob', text: 'Renewed, and renewal is automatic now.' }],
  },
];

const DEPLOYS: readonly Deploy[] = [
  { id: 'dep-208', service: 'checkout', version: '4.18.0', at: '2026-11-20T06:58:00Z', state: 'live' },
  { id: 'dep-207', service: 'checkout', version: '4.17.2', at: '2026-11-19T13:21:00Z', state: 'replaced' },
  { id: 'dep-206', service: 'billing', version: '2.9.1', at: '2026-11-18T11:05:00Z', state: 'live' },
];

const CUSTOMERS: Readonly<Record<string, readonly Customer[]>> = {
  'INC-1041': [
    { name: 'Marta Olsen', email: 'marta@fjordbooks.test', plan: 'pro' },
    { name: 'Ken Ito', email: 'ken@tanuki.test', plan: 'team' },
  ],
  'INC-1040': [{ name: 'Lea Brandt', email: 'lea@brandt.test', plan: 'annual' }],
};

/** The data of one running sample. Nothing is kept when it stops. */
export type Desk = ReturnType<typeof openDesk>;

export function openDesk() {
  const incidents = new Map(INCIDENTS.map((incident) => [incident.id, incident]));
  const deploys = new Map(DEPLOYS.map((deploy) => [deploy.id, deploy]));
  let next = 1042;

  const change = (id: string, how: (incident: Incident) => Incident): Incident | undefined => {
    const incident = incidents.get(id);
    if (incident === undefined) return undefined;
    const changed = how(incident);
    incidents.set(id, changed);
    return changed;
  };

  return {
    list: (state?: State): readonly Incident[] =>
      [...incidents.values()].filter((incident) => state === undefined || incident.state === state),
    get: (id: string): Incident | undefined => incidents.get(id),
    comment: (id: string, comment: Comment): Incident | undefined =>
      change(id, (incident) => ({ ...incident, comments: [...incident.comments, comment] })),
    setState: (id: string, state: State): Incident | undefined => change(id, (incident) => ({ ...incident, state })),
    open: (title: string, service: string, severity: Severity, opened: string): Incident => {
      const incident: Incident = { id: `INC-${next}`, title, service, severity, state: 'open', opened, comments: [] };
      next += 1;
      incidents.set(incident.id, incident);
      return incident;
    },
    deploys: (service?: string): readonly Deploy[] =>
      [...deploys.values()].filter((deploy) => service === undefined || deploy.service === service),
    /** Only what is live can be rolled back; undefined says that this deploy is not. */
    rollBack: (id: string): Deploy | undefined => {
      const deploy = deploys.get(id);
      if (deploy?.state !== 'live') return undefined;
      const rolledBack: Deploy = { ...deploy, state: 'rolled back' };
      deploys.set(id, rolledBack);
      return rolledBack;
    },
    customers: (incident: string): readonly Customer[] => CUSTOMERS[incident] ?? [],
  };
}
