import type { ReactNode } from 'react';
import { Word } from '../ui/badge.tsx';
import { CopyId } from '../ui/code.tsx';
import { Time } from '../ui/time.tsx';
import { Facts } from './page.tsx';
import { ObjectLink } from './object-link.tsx';
import { titleOf } from './schema-form.tsx';

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

function Data({ of }: { of: unknown }) {
  return (
    <pre className="overflow-x-auto font-mono text-[0.86rem] whitespace-pre-wrap [overflow-wrap:anywhere]">
      {JSON.stringify(of, undefined, 1)}
    </pre>
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
    return value.every((one) => typeof one === 'string') ? value.join(', ') : <Data of={value} />;
  }
  return Object.keys(value).length === 0 ? <span className="text-soft">–</span> : <Data of={value} />;
}

/** Every member of an object under a readable name. `without`: those that the page shows elsewhere. */
export function AnyFacts({ of, without = [] }: { of: object; without?: readonly string[] }) {
  const members = Object.entries(of).filter(([name]) => !without.includes(name));
  return <Facts of={members.map(([name, value]) => [titleOf(name), valueOf(name, value)] as const)} />;
}
