import type { ReactNode } from 'react';
import { faultsOf, isRefusal, UNREACHABLE } from '../api/refused.ts';
import { Command } from './code.tsx';

export function Notice({
  tone = 'calm',
  role,
  children,
}: {
  tone?: 'calm' | 'care' | 'bad' | 'good';
  role?: 'status' | 'alert';
  children: ReactNode;
}) {
  const looks = {
    calm: 'bg-wash border-line text-ink',
    care: 'bg-elevated-wash border-elevated/30 text-ink',
    bad: 'bg-high-wash border-high/30 text-high',
    good: 'bg-low-wash border-low/30 text-low',
  };
  return (
    <div role={role} className={`rounded-md border px-3.5 py-2.5 [overflow-wrap:anywhere] ${looks[tone]}`}>
      {children}
    </div>
  );
}

/** What is shown where there is nothing yet: why, and the one command that changes it. */
export function Empty({ children, command }: { children: ReactNode; command?: string | undefined }) {
  return (
    <div className="grid justify-items-start gap-3 rounded-lg border border-dashed border-line px-5 py-8 text-soft">
      <div>{children}</div>
      {command === undefined ? null : <Command text={command} />}
    </div>
  );
}

/** A refusal of the hub, or a hub that could not be reached, in words. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = isRefusal(error) ? error.problem : undefined;
  const faults = faultsOf(problem).filter((fault) => fault.message !== problem?.detail);
  return (
    <Notice tone="bad" role="alert">
      <p className="font-semibold">{problem?.title ?? UNREACHABLE.title}</p>
      <p>{problem === undefined ? UNREACHABLE.detail : (problem.detail ?? '')}</p>
      {problem === undefined ? <p className="mt-1 text-[0.86rem]">{String(error)}</p> : null}
      {faults.length === 0 ? null : (
        <ul className="mt-1 list-disc pl-5">
          {faults.map(({ field, message }) => (
            <li key={`${field} ${message}`}>
              <code>{field}</code>: {message}
            </li>
          ))}
        </ul>
      )}
      {isRefusal(error) && error.requestId !== undefined ? <p className="mt-1 text-[0.86rem]">Request {error.requestId}</p> : null}
      {retry === undefined ? null : (
        <button type="button" className="mt-1 underline" onClick={retry}>
          Try again
        </button>
      )}
    </Notice>
  );
}

/** Grey bars in place of what is being read; nothing moves. */
export function Loading({ lines = 4 }: { lines?: number }) {
  return (
    <div role="status" aria-label="Loading" className="grid gap-2.5 py-2">
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} className="h-4 rounded bg-sunk" aria-hidden="true" />
      ))}
    </div>
  );
}
