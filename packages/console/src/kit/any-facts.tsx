import { Fragment, type ReactNode } from 'react';
import { Word } from '../ui/badge.tsx';
import { CopyId } from '../ui/code.tsx';
import { Time } from '../ui/time.tsx';
import { Facts } from './page.tsx';
import { ObjectLink } from './object-link.tsx';
import { titleOf } from './titles.ts';

/** Members whose text is the id of something with a page. */
const LINKED: Readonly<Record<string, string>> = {
  client: 'clients',
  agent: 'agents',
  user: 'users',
  tenant: 'tenants',
  resource: 'resources',
  connection: 'connections',
  owner: 'users',
};
const WORDS = new Set(['state', 'status', 'type', 'kind', 'risk', 'outcome', 'effect', 'alg', 'origin', 'format', 'registrationType']);

/** Names of members as they are written: they are what one writes into the config file. */
function Members({ of }: { of: object }) {
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-0.5">
      {Object.entries(of).map(([name, value]) => (
        <Fragment key={name}>
          <dt className="font-mono text-[0.86rem] text-soft">{name}</dt>
          <dd className="min-w-0">{valueOf(name, value)}</dd>
        </Fragment>
      ))}
    </dl>
  );
}

/** More than this are folded away, so that the facts beside them can be seen. */
const MANY = 3;

function Several({ of }: { of: readonly unknown[] }) {
  const items = (
    <ol className="grid gap-2">
      {of.map((one, at) => (
        <li key={String(at)} className="border-l-2 border-line pl-2">
          {valueOf('', one)}
        </li>
      ))}
    </ol>
  );
  if (of.length <= MANY) return items;
  return (
    <details>
      <summary className="cursor-pointer">{of.length} of them</summary>
      <div className="mt-2">{items}</div>
    </details>
  );
}

function valueOf(name: string, value: unknown): ReactNode {
  if (name.endsWith('At') && value === null) return <Time at={value} />;
  if (value === null || value === undefined || value === '') return <span className="text-soft">–</span>;
  if (name.endsWith('At') && (typeof value === 'number' || typeof value === 'string')) return <Time at={value} />;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return value.toLocaleString('en');
  if (typeof value === 'string') {
    const room = LINKED[name];
    if (room !== undefined) return <ObjectLink room={room} id={value} copy />;
    if (WORDS.has(name)) return <Word of={value} />;
    return name === 'id' || /^[a-z]{3}_\w{10,}$/.test(value) ? <CopyId id={value} /> : <bdi>{value}</bdi>;
  }
  if (Array.isArray(value)) {
    if (value.length === 0) return <span className="text-soft">none</span>;
    return value.every((one) => typeof one === 'string') ? value.join(', ') : <Several of={value} />;
  }
  return Object.keys(value).length === 0 ? <span className="text-soft">–</span> : <Members of={value} />;
}

const NOTHING: ReadonlyMap<string, ReactNode> = new Map();

/** Every member of an object under a readable name. `without`: those that the page shows elsewhere. `told`: those that the page says in words of its own. */
export function AnyFacts({
  of,
  without = [],
  told = NOTHING,
}: {
  of: object;
  without?: readonly string[];
  told?: ReadonlyMap<string, ReactNode>;
}) {
  const members = Object.entries(of).filter(([name]) => !without.includes(name));
  return <Facts of={members.map(([name, value]) => [titleOf(name), told.get(name) ?? valueOf(name, value)] as const)} />;
}
