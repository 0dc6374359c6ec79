/** A made-up request as the form has it; empty fields say nothing. */
export type Scenario = {
  grant: string;
  client: string;
  user: string;
  tenant: string;
  kind: 'resource' | 'connection';
  target: string;
  scopes: readonly string[];
};

export const EMPTY: Scenario = { grant: 'authorization_code', client: '', user: '', tenant: '', kind: 'resource', target: '', scopes: [] };

/** The scenario as the simulation takes it. */
export function requestOf({ grant, client, user, tenant, kind, target, scopes }: Scenario): Record<string, unknown> {
  const said = { client, user, tenant, [kind]: target };
  const named = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== ''));
  return { grant, ...named, ...(scopes.length === 0 ? {} : { scopes }) };
}

export function scenarioComplete({ client, target }: Scenario): boolean {
  return client !== '' && target !== '';
}
