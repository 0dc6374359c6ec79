import { Download } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Failure } from '../ui/notice.tsx';
import { toCsv } from './csv.ts';
import type { Page } from './listing.ts';

function save(name: string, text: string, type: string, ending: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = `${name.replaceAll(/\W+/g, '-')}.${ending}`;
  link.click();
  URL.revokeObjectURL(address);
}

function linesOf(items: readonly object[]): string {
  return items.map((item) => `${JSON.stringify(item)}\n`).join('');
}

type Of = { name: string; items: readonly object[] };

/** What is shown of a list, as a file for a spreadsheet. */
export function CsvButton({ name, items }: Of) {
  return (
    <Button look="quiet" onClick={() => save(name, toCsv(items), 'text/csv', 'csv')}>
      <Download size={14} aria-hidden="true" /> CSV
    </Button>
  );
}

/** The same as lines of JSON, whole, for programs. */
export function LinesButton({ name, items }: Of) {
  return (
    <Button look="quiet" onClick={() => save(name, linesOf(items), 'application/x-ndjson', 'ndjson')}>
      <Download size={14} aria-hidden="true" /> NDJSON
    </Button>
  );
}

/** No file that a browser puts together holds more; whoever wants more asks the API. */
const MOST = 20_000;

/** A whole list as a file, page by page, not only what is shown of it. */
export function WholeList<Item extends object>({
  name,
  read,
}: {
  name: string;
  read: (cursor: string | undefined) => Promise<Page<Item>>;
}) {
  const [count, setCount] = useState<number>();
  const [failed, setFailed] = useState<unknown>();
  const all = async (): Promise<readonly Item[]> => {
    const items: Item[] = [];
    let cursor: string | undefined;
    do {
      const page = await read(cursor);
      items.push(...page.items);
      setCount(items.length);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined && items.length < MOST);
    return items;
  };
  const take = async (write: (items: readonly Item[]) => void): Promise<void> => {
    setFailed(undefined);
    try {
      write(await all());
    } catch (error) {
      setFailed(error);
    }
    setCount(undefined);
  };
  return (
    <>
      <Button look="quiet" disabled={count !== undefined} onClick={() => void take((items) => save(name, toCsv(items), 'text/csv', 'csv'))}>
        <Download size={14} aria-hidden="true" /> CSV
      </Button>
      <Button
        look="quiet"
        disabled={count !== undefined}
        onClick={() => void take((items) => save(name, linesOf(items), 'application/x-ndjson', 'ndjson'))}
      >
        <Download size={14} aria-hidden="true" /> NDJSON
      </Button>
      {count === undefined ? null : <span role="status">{count.toLocaleString('en')} read …</span>}
      {failed === undefined ? null : <Failure error={failed} />}
    </>
  );
}
