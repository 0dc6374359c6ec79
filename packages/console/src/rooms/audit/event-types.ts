import { useQuery } from '@tanstack/react-query';

type Parameter = { name: string; schema?: { enum?: readonly string[] } };

/** Types of events as the hub describes them: the list grows with the hub and stands in one place. */
async function readTypes(): Promise<readonly string[]> {
  const answer = await fetch('/admin/v1/openapi.json');
  const document = await answer.json();
  const parameters: readonly Parameter[] = document?.paths?.['/admin/v1/events']?.get?.parameters ?? [];
  return parameters.find(({ name }) => name === 'type')?.schema?.enum ?? [];
}

export function useEventTypes(): readonly string[] {
  return useQuery({ queryKey: ['event-types'], queryFn: readTypes, staleTime: Infinity }).data ?? [];
}
