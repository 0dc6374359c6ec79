import { ask, read, readList } from '../../api/client.ts';
import type { Value } from '../../api/use-read.ts';
import { Badge, Word } from '../../ui/badge.tsx';
import { CopyId } from '../../ui/code.tsx';
import { ObjectLink, Words } from '../../kit/object-link.tsx';
import type { Spec } from '../../kit/spec.ts';
import { ClaimsPreview } from '../settings/claims-preview.tsx';

type Provider = Value<'getIdentityProvidersById'>;

export const identityProviders: Spec<Provider> = {
  room: 'identity-providers',
  title: 'Identity providers',
  one: 'identity provider',
  lead: 'Where people sign in by somebody else: a provider of everybody, or one of a tenant, which speaks for that tenant alone.',
  list: (query) => readList('getIdentityProviders', query),
  columns: [
    { title: 'Provider', cell: ({ id, name }) => <ObjectLink room="identity-providers" id={id} name={name} /> },
    { title: 'Type', cell: ({ type }) => <Badge>{type}</Badge> },
    { title: 'Tenant', cell: ({ tenant }) => <ObjectLink room="tenants" id={tenant} /> },
    { title: 'Domains', from: 'md', cell: ({ domains }) => <Words of={domains} /> },
    {
      title: 'State',
      cell: ({ state, enforced }) => (
        <>
          <Word of={state} /> {enforced ? <Badge tone="violet">enforced</Badge> : null}
        </>
      ),
    },
  ],
  empty: 'People sign in by what they have here: password, passkey, code in a mail.',
  command: 'writ apply hub.yaml',
  idOf: ({ id }) => id,
  nameOf: ({ id, name }) => name ?? id,
  find: (id) => read('getIdentityProvidersById', { path: { id } }),
  marks: ({ type, state, callback }) => (
    <>
      <Badge>{type}</Badge> <Word of={state} /> register there: <CopyId id={callback} />
    </>
  ),
  collection: 'identityProviders',
  put: (id, body) => ask('putIdentityProvidersById', { path: { id }, body: { type: 'oidc', ...body } }),
  remove: (id) => ask('deleteIdentityProvidersById', { path: { id } }),
  removing: 'Nobody signs in by it any more. Who has no other way in has to be given one.',
  parts: [
    {
      id: 'try',
      title: 'Try claims',
      body: ({ id }) => <ClaimsPreview run={(claims) => read('postIdentityProvidersByIdPreview', { path: { id }, body: { claims } })} />,
    },
  ],
  activity: ({ id }) => ({ target: { type: 'identity provider', id } }),
  cli: () => 'writ export | less   # under identityProviders\nwrit apply hub.yaml',
};
