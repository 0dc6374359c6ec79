import { Download } from 'lucide-react';
import { Button } from '../ui/button.tsx';
import { toCsv } from './csv.ts';

/** What is shown of a list, as a file for a spreadsheet. */
export function CsvButton({ name, items }: { name: string; items: readonly object[] }) {
  const save = (): void => {
    const address = URL.createObjectURL(new Blob([toCsv(items)], { type: 'text/csv' }));
    const link = document.createElement('a');
    link.href = address;
    link.download = `${name.replaceAll(/\W+/g, '-')}.csv`;
    link.click();
    URL.revokeObjectURL(address);
  };
  return (
    <Button look="quiet" onClick={save}>
      <Download size={14} aria-hidden="true" /> CSV
    </Button>
  );
}
