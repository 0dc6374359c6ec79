import { useQuery } from '@tanstack/react-query';
import { read } from '../api/client.ts';
import { holds } from '../api/session.ts';
import { useSession } from '../api/use-read.ts';
import { ObjectLink } from './object-link.tsx';

/** An id that the hub made for a client that registered itself: it tells a person nothing. Other ids were chosen, or say the host. */
const MADE_UP = /^dcr_/;
const KEPT_MS = 300_000;

/** The name that a client gave itself; undefined until it is known, where the id says more, and for whoever may not read clients. */
export function useClientName(id: string): string | undefined {
  const session = useSession().data;
  const found = useQuery({
    queryKey: ['clients', 'one', id],
    queryFn: () => read('getClientsById', { path: { id } }),
    enabled: MADE_UP.test(id) && session !== undefined && holds(session, 'admin:clients:read'),
    staleTime: KEPT_MS,
    retry: false,
  });
  return found.data?.name;
}

/** A client by its name where its id says nothing; the end of the id stays beside it, because several may claim one name. */
export function ClientLink({ id, room = 'clients', of = id }: { id: string; room?: string; of?: string }) {
  const name = useClientName(id);
  if (name === undefined) return <ObjectLink room={room} id={of} name={of === id ? undefined : id} />;
  return (
    <span className="inline-block min-w-[9ch]" title={id}>
      <ObjectLink room={room} id={of} name={name} />{' '}
      <code className="inline-block whitespace-nowrap text-[0.86rem] text-soft">…{id.slice(-6)}</code>
    </span>
  );
}
