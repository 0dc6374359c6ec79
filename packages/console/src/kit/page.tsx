import type { ReactNode } from 'react';
import { useEffect } from 'react';

/** The top of a page: what it is, in a sentence what it is for, and what can be done here. Names the window as well. */
export function PageHead({
  title,
  lead,
  eyebrow,
  actions,
}: {
  title: ReactNode;
  lead?: ReactNode;
  eyebrow?: ReactNode;
  actions?: ReactNode;
}) {
  const plain = typeof title === 'string' ? title : undefined;
  useEffect(() => {
    if (plain !== undefined) document.title = `${plain} · Writ`;
  }, [plain]);
  return (
    <div className="mb-5 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
      <div className="max-w-full min-w-0">
        {eyebrow === undefined ? null : <p className="mb-0.5 text-[0.9rem] text-soft">{eyebrow}</p>}
        <h1
          className="line-clamp-4 font-serif text-[1.6rem] leading-tight [overflow-wrap:anywhere]"
          title={plain !== undefined && plain.length > 80 ? plain : undefined}
        >
          {title}
        </h1>
        {lead === undefined ? null : <div className="mt-1 max-w-[70ch] text-soft [overflow-wrap:anywhere]">{lead}</div>}
      </div>
      {actions === undefined ? null : <div className="flex flex-wrap gap-2">{actions}</div>}
    </div>
  );
}

export function Section({ title, aside, children, id }: { title: string; aside?: ReactNode; children: ReactNode; id?: string }) {
  const anchor = id ?? title.toLowerCase().replaceAll(/[^a-z]+/g, '-');
  return (
    <section aria-labelledby={anchor} className="mb-7 min-w-0">
      <div className="mb-2 flex flex-wrap items-baseline justify-between gap-3">
        <h2 id={anchor} className="text-[1rem] font-semibold">
          {title}
        </h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** Facts of an object, each with its name. */
export function Facts({ of }: { of: readonly (readonly [name: string, value: ReactNode] | undefined)[] }) {
  return (
    <dl className="grid overflow-hidden rounded-lg border border-line bg-sheet sm:grid-cols-2">
      {of.map((fact) =>
        fact === undefined ? null : (
          <div key={fact[0]} className="flex min-w-0 flex-wrap gap-x-3 border-b border-line/70 px-4 py-2">
            <dt className="w-36 shrink-0 text-soft">{fact[0]}</dt>
            <dd className="min-w-0 flex-1 [overflow-wrap:anywhere]">{fact[1]}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

/** A surface for what belongs together. */
export function Card({ children, className = '' }: { children: ReactNode; className?: string }) {
  return <div className={`min-w-0 rounded-lg border border-line bg-sheet p-4 ${className}`}>{children}</div>;
}
