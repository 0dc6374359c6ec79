import { ObjectLink } from './object-link.tsx';

type Actor = { user?: string; client?: string; name?: string };

/** Who did something, by the name they are known by, leading to their page. */
export function By({ of: { user, client, name } }: { of: Actor }) {
  if (user !== undefined) return <ObjectLink room="users" id={user} name={name} />;
  if (client === undefined) return <span className="text-soft">the hub</span>;
  return client.startsWith('writ:') ? (
    <code className="text-[0.9rem] [overflow-wrap:anywhere]">{client}</code>
  ) : (
    <ObjectLink room="clients" id={client} name={name} />
  );
}

/** The same within a sentence. */
export function byWords({ user, client, name }: Actor): string {
  return name ?? user ?? client ?? 'the hub';
}
