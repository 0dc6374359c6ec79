import { parseProviders } from './parse.ts';
import type { Provider } from './provider.ts';
import business from './keys/business.json' with { type: 'json' };
import messaging from './keys/messaging.json' with { type: 'json' };
import models from './keys/models.json' with { type: 'json' };
import operations from './keys/operations.json' with { type: 'json' };
import search from './keys/search.json' with { type: 'json' };
import customers from './oauth/customers.json' with { type: 'json' };
import development from './oauth/development.json' with { type: 'json' };
import google from './oauth/google.json' with { type: 'json' };
import money from './oauth/money.json' with { type: 'json' };
import people from './oauth/people.json' with { type: 'json' };
import work from './oauth/work.json' with { type: 'json' };

/** The data files, by the name that faults are told under. */
export const FILES: Readonly<Record<string, unknown>> = {
  'oauth/customers': customers,
  'oauth/development': development,
  'oauth/google': google,
  'oauth/money': money,
  'oauth/people': people,
  'oauth/work': work,
  'keys/business': business,
  'keys/messaging': messaging,
  'keys/models': models,
  'keys/operations': operations,
  'keys/search': search,
};

let read: ReadonlyMap<string, Provider> | undefined;

/** Everything that is known, by id, sorted. Read once, on first use. @throws Error when the data that came with the program is broken */
export function catalogue(): ReadonlyMap<string, Provider> {
  read ??= readAll();
  return read;
}

export function providerById(id: string): Provider | undefined {
  return catalogue().get(id);
}

function readAll(): ReadonlyMap<string, Provider> {
  const all = Object.entries(FILES).map(([file, data]) => parseProviders(file, data));
  const [fault] = all.flatMap(({ faults }) => faults);
  if (fault !== undefined) throw new Error(`the provider catalogue is broken: ${fault.at}: ${fault.message}`);
  const providers = all.flatMap((one) => one.providers).sort((a, b) => (a.id < b.id ? -1 : 1));
  return new Map(providers.map((provider) => [provider.id, provider]));
}
