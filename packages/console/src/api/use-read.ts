import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import type { Answer, Arguments, Operation } from '@writ/admin-api';
import { read } from './client.ts';
import { session, type Session } from './session.ts';

export type Value<O extends Operation> = Extract<Answer<O>, { ok: true }>['value'];

/** Reads an operation and keeps it fresh. `every`: milliseconds after which it is asked again while the page is shown. */
export function useRead<O extends Operation>(
  operation: O,
  args?: Arguments<O>,
  { every, enabled = true }: { every?: number | undefined; enabled?: boolean } = {},
): UseQueryResult<Value<O>> {
  return useQuery({
    queryKey: [operation, args ?? null],
    queryFn: () => read(operation, args),
    enabled,
    ...(every === undefined ? {} : { refetchInterval: every }),
  });
}

/** Who is at the console. */
export function useSession(): UseQueryResult<Session> {
  return useQuery({ queryKey: ['session'], queryFn: session, staleTime: Infinity });
}
