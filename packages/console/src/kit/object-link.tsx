import { Link } from '@tanstack/react-router';
import { CopyButton } from '../ui/code.tsx';
import { pathOf } from './paths.ts';

/** An object by its name, or by its id where it has none, leading to its page. */
export function ObjectLink({
  room,
  id,
  name,
  copy = false,
}: {
  room: string;
  id: string | null | undefined;
  name?: string | null | undefined;
  copy?: boolean;
}) {
  if (id === null || id === undefined) return <span className="text-soft">–</span>;
  return (
    <span className="inline-flex max-w-full min-w-0 items-center gap-0.5">
      <Link
        to={pathOf(room, id)}
        className={`text-accent underline decoration-line underline-offset-2 [overflow-wrap:anywhere] hover:decoration-accent ${copy ? 'min-h-[24px] min-w-[24px] content-center' : 'min-w-0'}`}
      >
        {name === null || name === undefined || name === '' ? (
          <code className="text-[0.9rem]">{id}</code>
        ) : (
          <bdi className="line-clamp-3" title={name.length > 60 ? name : undefined}>
            {name}
          </bdi>
        )}
      </Link>
      {copy ? <CopyButton text={id} label={`Copy ${id}`} /> : null}
    </span>
  );
}

/** Scopes and other words, as many as fit into a row of a list. */
export function Words({ of, most = 4 }: { of: readonly string[] | 'all' | undefined; most?: number }) {
  if (of === 'all') return <span>all</span>;
  if (of === undefined || of.length === 0) return <span className="text-soft">–</span>;
  const rest = of.length - most;
  return (
    <span className="text-[0.9rem]">
      {of.slice(0, most).join(', ')}
      {rest > 0 ? <span className="text-soft"> and {rest} more</span> : null}
    </span>
  );
}
