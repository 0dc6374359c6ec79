import { useInfiniteQuery, type InfiniteData, type QueryKey } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button } from '../ui/button.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { Empty, Failure, Loading } from '../ui/notice.tsx';
import { CsvButton, LinesButton } from './download.tsx';
import type { Page } from './listing.ts';
import { More } from './more.tsx';
import { useFilters, type Filters } from './use-filters.ts';

export type Column<Item> = {
  title: string;
  cell: (item: Item) => ReactNode;
  /** Shown from this width on; the first columns are always shown. */
  from?: 'sm' | 'md' | 'lg' | 'xl';
  end?: boolean;
};
export type Filter = { name: string; label: string; options?: readonly (string | readonly [string, string])[]; placeholder?: string };

const FROM = { sm: 'hidden sm:table-cell', md: 'hidden md:table-cell', lg: 'hidden lg:table-cell', xl: 'hidden xl:table-cell' };

export function FilterBar({ filters, label }: { filters: readonly Filter[]; label: string }) {
  const [chosen, choose] = useFilters();
  const isChosen = filters.some(({ name }) => (chosen[name] ?? '') !== '');
  return (
    <form
      role="search"
      aria-label={label}
      className="mb-3 grid grid-cols-2 items-end gap-2 sm:flex sm:flex-wrap"
      onSubmit={(event) => event.preventDefault()}
    >
      {filters.map(({ name, label: title, options, placeholder }) =>
        options === undefined ? (
          <TextField
            key={`${name} ${chosen[name] ?? ''}`}
            label={title}
            className="sm:w-44"
            defaultValue={chosen[name] ?? ''}
            placeholder={placeholder}
            onBlur={(event) => choose({ [name]: event.target.value.trim() || undefined })}
            onKeyDown={(event) => (event.key === 'Enter' ? choose({ [name]: event.currentTarget.value.trim() || undefined }) : undefined)}
          />
        ) : (
          <SelectField
            key={name}
            label={title}
            className="sm:w-auto"
            value={chosen[name] ?? ''}
            options={[['', 'any'], ...options]}
            onChange={(event) => choose({ [name]: event.target.value || undefined })}
          />
        ),
      )}
      {isChosen ? (
        <Button look="quiet" onClick={() => choose(Object.fromEntries(filters.map(({ name }) => [name, undefined])))}>
          Clear
        </Button>
      ) : null}
    </form>
  );
}

export function DataTable<Item>({
  label,
  columns,
  items,
  keyOf,
}: {
  label: string;
  columns: readonly Column<Item>[];
  items: readonly Item[];
  keyOf: (item: Item) => string;
}) {
  const look = ({ from, end }: Column<Item>): string =>
    `${from === undefined ? '' : FROM[from]} ${end === true ? 'text-right' : 'text-left'}`;
  return (
    <div className="overflow-x-auto rounded-lg border border-line bg-sheet" tabIndex={0} role="region" aria-label={`Table: ${label}`}>
      <table className="w-full border-collapse">
        <thead>
          <tr>
            {columns.map((column) =>
              column.title === '' ? (
                <td key="" className={`border-b border-line ${look(column)}`} />
              ) : (
                <th
                  key={column.title}
                  scope="col"
                  className={`border-b border-line px-3 py-2 text-[0.86rem] font-semibold text-soft ${look(column)}`}
                >
                  {column.title}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={keyOf(item)} className="border-b border-line/60 last:border-0 hover:bg-paper">
              {columns.map((column) => (
                <td
                  key={column.title}
                  className={`max-w-[24rem] px-3 py-1.5 align-top [overflow-wrap:anywhere] [&>span>a]:min-w-[8ch] ${look(column)}`}
                >
                  {column.cell(item)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** No cursor: the first page. Typed, because the library takes the type of all later cursors from it. */
const FIRST: string | undefined = undefined;

/** Items of a list that is read page by page. `every`: milliseconds after which what is shown is read again. */
export function usePages<Item>(key: QueryKey, read: (cursor: string | undefined) => Promise<Page<Item>>, every?: number) {
  return useInfiniteQuery<Page<Item>, Error, InfiniteData<Page<Item>>, QueryKey, string | undefined>({
    queryKey: key,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: FIRST,
    getNextPageParam: (last) => last.next ?? undefined,
    ...(every === undefined ? {} : { refetchInterval: every }),
  });
}

/** Items of a list, loaded page by page in the order of the hub, with filters that stand in the address. */
export function List<Item extends object>({
  name,
  read,
  columns,
  keyOf,
  filters = [],
  empty,
  command,
  every,
}: {
  /** Plural, as the API calls it. */
  name: string;
  read: (query: Filters & { cursor?: string }) => Promise<Page<Item>>;
  columns: readonly Column<Item>[];
  keyOf: (item: Item) => string;
  filters?: readonly Filter[];
  empty: ReactNode;
  command?: string | undefined;
  every?: number;
}) {
  const [chosen] = useFilters();
  const query = Object.fromEntries(
    filters.flatMap(({ name: of }) => (chosen[of] === undefined || chosen[of] === '' ? [] : [[of, chosen[of]]])),
  );
  const pages = usePages<Item>([name, 'list', query], (cursor) => read({ ...query, ...(cursor === undefined ? {} : { cursor }) }), every);
  const items = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const isNarrowed = Object.keys(query).length > 0;
  return (
    <>
      {filters.length === 0 ? null : <FilterBar filters={filters} label={`Filter ${name}`} />}
      {pages.error === null ? null : <Failure error={pages.error} retry={() => void pages.refetch()} />}
      {pages.isPending ? <Loading lines={8} /> : null}
      {pages.isSuccess && items.length === 0 ? (
        isNarrowed ? (
          <Empty>Nothing is like this.</Empty>
        ) : (
          <Empty command={command}>{empty}</Empty>
        )
      ) : null}
      {items.length === 0 ? null : <DataTable label={name} columns={columns} items={items} keyOf={keyOf} />}
      {items.length === 0 ? null : (
        <p className="mt-2 flex flex-wrap items-center gap-3 text-[0.9rem] text-soft" role="status">
          {items.length} shown
          <More of={pages} />
          <CsvButton name={name} items={items} />
          <LinesButton name={name} items={items} />
        </p>
      )}
    </>
  );
}
