/** root: what the hub seals for itself. credentials: what the vault holds for one tenant, or for those without one. */
export type DataKeyPurpose = 'root' | 'credentials';

/** A key that seals what is stored, as its row knows it. */
export type DataKey = {
  id: string;
  /** '' is the hub. */
  tenant: string;
  purpose: DataKeyPurpose;
  version: number;
  /** retired: opens what it sealed until that is sealed anew. */
  state: 'active' | 'retired';
  /** Which KEK wrapped it. */
  kek: string;
};

/** Bound to its row: a wrapped key that is copied to another tenant does not open. */
export function wrapContext({ id, tenant, purpose, version }: Pick<DataKey, 'id' | 'tenant' | 'purpose' | 'version'>): string {
  return `data-key/${id}/${purpose}/${version}/${tenant}`;
}
