import { useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { askPath } from '../api/by-path.ts';
import { Button } from '../ui/button.tsx';
import { CodeBlock } from '../ui/code.tsx';
import { Confirm } from './confirm.tsx';

/** A request of the admin API that the hub itself has put together, for somebody to look at and send. */
export type Request = { method: string; path: string; body: Readonly<Record<string, unknown>> | null };

/** Shows such a request, and sends it. `onDone` hears what the hub answered. */
export function RequestDeed({
  of,
  label,
  about,
  why,
  onDone,
}: {
  of: Request;
  label: string;
  /** What it is about, for whoever hears the button and does not see where it stands. */
  about: string;
  why: ReactNode;
  onDone?: (value: unknown) => void;
}) {
  const [open, setOpen] = useState(false);
  const queries = useQueryClient();
  return (
    <>
      <Button aria-label={`${label}: ${about}`} onClick={() => setOpen(true)}>
        {label}
      </Button>
      <Confirm
        open={open}
        onClose={() => setOpen(false)}
        title={label}
        what={
          <div className="grid gap-3">
            <div>{why}</div>
            <p className="text-[0.9rem] text-soft">This is sent, as a script would send it:</p>
            <CodeBlock
              label="Request"
              text={`${of.method} ${of.path}${of.body === null ? '' : `\n${JSON.stringify(of.body, undefined, 2)}`}`}
            />
          </div>
        }
        verb={label}
        act={async () => {
          const answer = await askPath(of.method, of.path, of.body ?? undefined);
          if (!answer.ok) return answer;
          onDone?.(answer.value);
          await queries.invalidateQueries();
          return { ok: true };
        }}
      />
    </>
  );
}
