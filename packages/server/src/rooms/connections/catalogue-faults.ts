import { providerById, variableFaults } from '@writ/providers';

type Named = { type: string; provider?: string | undefined; variables: Readonly<Record<string, string>> };

/** What stands against the provider that a connection names: nobody knows it, it is of another type, or its variables do not fit. */
export function catalogueFaults({ type, provider, variables }: Named): [field: string, message: string][] {
  if (provider === undefined) return Object.keys(variables).length === 0 ? [] : [['variables', 'only with a provider of the catalogue']];
  const known = providerById(provider);
  if (known === undefined) return [['provider', `the catalogue has no provider ${provider} (GET /admin/v1/providers lists them)`]];
  if (known.type !== type) return [['provider', `${provider} is for connections of type ${known.type}`]];
  return variableFaults(known, variables).map(({ name, message }) => [`variables.${name}`, message]);
}
