import type { Provider, Variable } from './provider.ts';

export type VariableFault = { readonly name: string; readonly message: string };
export type Values = Readonly<Record<string, string>>;

/** What stands against these values: a variable without one, one that does not fit its pattern, one that the provider does not have. */
export function variableFaults(provider: Pick<Provider, 'id' | 'variables'>, values: Values): VariableFault[] {
  const variables = provider.variables ?? [];
  const unknown = Object.keys(values).filter((name) => !variables.some((one) => one.name === name));
  return [
    ...unknown.map((name) => ({ name, message: `${provider.id} has no variable ${name}` })),
    ...variables.flatMap((variable) => {
      const value = valueOf(variable, values);
      if (value === undefined) return [{ name: variable.name, message: `${variable.title}; for example ${variable.example}` }];
      return fits(variable, value) ? [] : [{ name: variable.name, message: `${variable.title}: a value like ${variable.example}` }];
    }),
  ];
}

function valueOf({ name, default: usual }: Variable, values: Values): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : usual;
}

function fits({ pattern }: Variable, value: string): boolean {
  return value.length <= 253 && new RegExp(`^(?:${pattern})$`, 'u').test(value);
}

/**
 * The entry with its variables filled in, wherever they stand. What does not fit its pattern is not filled in: an address with a brace in it is
 * no address, so nothing is sent anywhere.
 */
export function fillIn<T extends Provider>(provider: T, values: Values): T {
  const { variables = [] } = provider;
  if (variables.length === 0) return provider;
  const known = new Map(
    variables.flatMap((variable) => {
      const value = valueOf(variable, values);
      return value !== undefined && fits(variable, value) ? [[variable.name, value] as const] : [];
    }),
  );
  const fill = (text: string): string => text.replaceAll(/\{([a-z]+)\}/g, (whole, name: string) => known.get(name) ?? whole);
  return { ...provider, ...filled(provider, fill) };
}

function filled(provider: Provider, fill: (text: string) => string): Partial<Provider> {
  const { baseUrl, allowedHosts, headers } = provider;
  const shared = {
    baseUrl: fill(baseUrl),
    allowedHosts: allowedHosts.map(fill),
    ...(headers === undefined ? {} : { headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)])) }),
  };
  if (provider.type !== 'oauth') return shared;
  const { refreshUrl, revocationUrl, userinfoUrl, issuer } = provider;
  return {
    ...shared,
    authorizationUrl: fill(provider.authorizationUrl),
    tokenUrl: fill(provider.tokenUrl),
    ...(refreshUrl === undefined ? {} : { refreshUrl: fill(refreshUrl) }),
    ...(revocationUrl === undefined ? {} : { revocationUrl: fill(revocationUrl) }),
    ...(userinfoUrl === undefined ? {} : { userinfoUrl: fill(userinfoUrl) }),
    ...(issuer === undefined ? {} : { issuer: fill(issuer) }),
  };
}
