/** Where an id of the hub's own making leads, by its prefix: whoever holds one from a log line finds the page. */
const BY_PREFIX: Readonly<Record<string, string>> = {
  agt: '/agents',
  grt: '/grants',
  dcr: '/clients',
  usr: '/users',
  dec: '/decisions',
  evt: '/audit',
  txn: '/audit/txn',
  crd: '/credentials',
  apr: '/approvals',
};

/** The page of an id like `agt_…`; undefined for what is no id of ours. */
export function placeOfId(id: string): string | undefined {
  const [, prefix] = /^([a-z]{3})_[A-Za-z0-9_-]{6,64}$/.exec(id) ?? [];
  const base = prefix === undefined ? undefined : BY_PREFIX[prefix];
  return base === undefined ? undefined : `${base}/${encodeURIComponent(id)}`;
}
