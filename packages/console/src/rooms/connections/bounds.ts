type Bounded = {
  provider?: string | undefined;
  tenants: readonly string[];
  allowedHosts: readonly string[];
  allowedMethods: readonly string[];
  allowedPaths: readonly string[];
};

/** What bounds a connection, in words: a list that names nothing bounds nothing, or leaves it to the catalogue. */
export function boundWords(of: Bounded, name: Exclude<keyof Bounded, 'provider'>): string {
  const named = of[name];
  if (named.length > 0) return named.join(', ');
  switch (name) {
    case 'tenants':
      return 'every tenant';
    case 'allowedMethods':
      return 'every method';
    case 'allowedHosts':
      return of.provider === undefined ? 'that of its address' : 'as the catalogue says';
    case 'allowedPaths':
      return of.provider === undefined ? 'every path' : 'as the catalogue says, or every path';
  }
}
