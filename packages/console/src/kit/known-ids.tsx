import { useQuery } from '@tanstack/react-query';
import { readPath } from '../api/by-path.ts';
import { optionsIn } from './known.ts';

const KEPT_MS = 60_000;

/** Ids that exist, each with its name, offered while somebody types into a field with this `list`. Where they may not be read nothing is offered. */
export function KnownIds({ id, room }: { id: string; room: string }) {
  const found = useQuery({
    queryKey: [room, 'known'],
    queryFn: () => readPath(`/admin/v1/${room}?limit=200`),
    staleTime: KEPT_MS,
    retry: false,
  });
  return (
    <datalist id={id}>
      {optionsIn(found.data).map(({ value, name }) => (
        <option key={value} value={value}>
          {name}
        </option>
      ))}
    </datalist>
  );
}
