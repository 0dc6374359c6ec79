import { useDescription } from '../../api/description.ts';
import { enumOf } from '../../kit/schema.ts';

/** Types of events as the hub describes them: the list grows with the hub. */
export function useEventTypes(): readonly string[] {
  const { data } = useDescription();
  return data === undefined ? [] : enumOf(data, '/admin/v1/events', 'type');
}
