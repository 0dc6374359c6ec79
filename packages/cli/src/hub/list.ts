import type { Column } from '../terminal/table.ts';
import { table } from '../terminal/table.ts';
import { printJson } from '../terminal/terminal.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { AdminApi } from './api.ts';

type Listing = {
  path: string;
  query: Readonly<Record<string, string | undefined>>;
  limit: number;
  columns: readonly Column<unknown>[];
  json: boolean | undefined;
  /** What to say when the list is empty. */
  none: string;
};

/** Prints a list of the admin API: a table, or the items as one JSON array. That there is more is said beside the data. */
export async function showList(api: AdminApi, to: Terminal, { path, query, limit, columns, json, none }: Listing): Promise<void> {
  const { items, more } = await api.list(path, query, limit);
  if (json === true) printJson(to, items);
  else if (items.length === 0) to.note(none);
  else for (const line of table(to, items, columns)) to.print(line);
  if (more) to.note(`There are more than ${limit}; --limit shows them.`);
}
