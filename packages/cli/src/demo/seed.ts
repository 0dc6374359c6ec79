import type { AdminApi } from '../hub/api.ts';
import { isObject, listAt, textAt } from '../json.ts';
import { DEMO_LOGINS, demoConfig, SAMPLE_CLIENT, SAMPLE_ID } from './config.ts';

/** Seeds the demo where nothing was configured yet. Answers whether it did. */
export async function seedDemo(api: AdminApi, sampleUrl: string): Promise<boolean> {
  for (const kind of ['tenants', 'users', 'resources', 'policies']) {
    if (listAt(await api.get(kind, { limit: 1 }), 'items').length > 0) return false;
  }
  await api.post('apply', demoConfig(sampleUrl));
  return true;
}

/**
 * Whether the sample is one of the hub's resources, under the address that this run will give it: with another --port the demo of an
 * earlier run moves along. Everything else that was changed about it stays as it is.
 */
export async function settleSample(api: AdminApi, sampleUrl: string): Promise<boolean> {
  const resources = listAt(await api.get('export'), 'resources').filter(isObject);
  const sample = resources.find(({ id }) => id === SAMPLE_ID);
  if (sample === undefined) return false;
  if (sample['uri'] !== sampleUrl) await api.post('apply', { resources: [{ ...sample, uri: sampleUrl }] });
  return true;
}

/** The sample's own client, by which it hears of what is stopped. Undefined: there is none, because an earlier version made this demo, or somebody removed it. */
export async function sampleCredentials(api: AdminApi): Promise<{ clientId: string; clientSecret: string } | undefined> {
  const { id: clientId, secret: clientSecret } = SAMPLE_CLIENT;
  return (await api.find(`clients/${clientId}`)) === undefined ? undefined : { clientId, clientSecret };
}

/** The demo logins that still exist. */
export async function demoLogins(api: AdminApi): Promise<typeof DEMO_LOGINS | undefined> {
  const found = await Promise.all(['ann', 'bob'].map((id) => api.find(`users/${id}`)));
  return found.every((user, index) => textAt(user, 'email') === DEMO_LOGINS[index]?.email) ? DEMO_LOGINS : undefined;
}
