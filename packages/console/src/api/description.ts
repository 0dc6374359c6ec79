import { useQuery } from '@tanstack/react-query';

/** The hub's description of its own API (OpenAPI): it grows with the hub, so that what is read from it stands in one place. */
type Description = Readonly<Record<string, unknown>>;

async function readDescription(): Promise<Description> {
  const answer = await fetch('/admin/v1/openapi.json');
  if (!answer.ok) throw new Error(`the hub answered ${answer.status}`);
  return answer.json();
}

export function useDescription() {
  return useQuery<Description>({ queryKey: ['openapi'], queryFn: readDescription, staleTime: Infinity });
}
