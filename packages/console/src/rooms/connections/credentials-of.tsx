import { readList } from '../../api/client.ts';
import type { Value } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { Time } from '../../ui/time.tsx';
import { List } from '../../kit/list-page.tsx';
import { ObjectLink, Words } from '../../kit/object-link.tsx';

type Credential = Value<'getCredentialsById'>;

/** The accounts behind one connection. */
export function CredentialsOf({ connection }: { connection: string }) {
  return (
    <List<Credential>
      name={`credentials of ${connection}`}
      read={({ cursor }) => readList('getCredentials', { connection, ...(cursor === undefined ? {} : { cursor }) })}
      keyOf={({ id }) => id}
      empty="Nobody has connected an account yet."
      columns={[
        { title: 'Credential', cell: ({ id, label }) => <ObjectLink room="credentials" id={id} name={label === '' ? undefined : label} /> },
        { title: 'Owner', cell: ({ owner }) => Object.values(owner).map(String).join(' ') },
        { title: 'Scopes', from: 'md', cell: ({ granted }) => <Words of={granted} /> },
        { title: 'State', cell: ({ state }) => <Word of={state} /> },
        { title: 'Ends', from: 'sm', cell: ({ expiresAt }) => <Time at={expiresAt} /> },
      ]}
    />
  );
}
