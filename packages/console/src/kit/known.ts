import { isFields } from './text-draft.ts';

/** What members hold a name that people know something by, the best first. */
const NAMES = ['clientName', 'name', 'email', 'label'] as const;

/** Of a list of the hub's, whatever it lists: ids with the names beside them. */
export function optionsIn(list: unknown): readonly { value: string; name: string | undefined }[] {
  const items = isFields(list) && Array.isArray(list['items']) ? list['items'].filter(isFields) : [];
  return items.flatMap((item) => {
    const value = item['id'] ?? item['name'];
    const name = NAMES.map((one) => item[one]).find((one) => typeof one === 'string' && one !== '' && one !== value);
    return typeof value === 'string' ? [{ value, name: typeof name === 'string' ? name : undefined }] : [];
  });
}
