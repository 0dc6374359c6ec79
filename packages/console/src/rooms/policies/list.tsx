import { Link } from '@tanstack/react-router';
import type { PolicyRule } from '@writ/policy';
import { parsePolicy } from '@writ/policy';
import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { read } from '../../api/client.ts';
import { useRead, type Value } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { buttonClass } from '../../ui/button.tsx';
import { Empty, Failure, Loading } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { DataTable, FilterBar, type Column } from '../../kit/list-page.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import { PageHead } from '../../kit/page.tsx';
import { useFilters, type Filters } from '../../kit/use-filters.ts';
import { bodyOf } from './draft.ts';
import { sentenceOf } from './sentence.ts';

type Policy = Value<'getPoliciesById'>;

/** Pages of 200 until there are no more; a hub with thousands of rules still answers in a few. */
export async function readAllPolicies(): Promise<readonly Policy[]> {
  const found: Policy[] = [];
  let cursor: string | undefined;
  do {
    const page = await read('getPolicies', { query: { limit: 200, ...(cursor === undefined ? {} : { cursor }) } });
    found.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return found;
}

/** What wins stands first: deny, then what is required, then what is allowed. */
const RANK: Readonly<Record<string, number>> = { deny: 0, require: 1, allow: 2 };

export function ruleOf(policy: Policy): PolicyRule | undefined {
  const parsed = parsePolicy({ ...bodyOf({ ...policy }), id: policy.id });
  return parsed.ok ? parsed.rule : undefined;
}

function said(policy: Policy): string {
  const rule = ruleOf(policy);
  return rule === undefined ? (policy.description ?? '') : sentenceOf(rule);
}

function fits(policy: Policy, { effect = '', state = '', text = '' }: Filters): boolean {
  const words = `${policy.id} ${policy.name ?? ''} ${said(policy)}`.toLowerCase();
  return (
    (effect === '' || policy.effect === effect) &&
    (state === '' || (policy.state ?? 'enforce') === state) &&
    words.includes(text.toLowerCase())
  );
}

function columnsWith(shadow: Value<'getPoliciesShadow'> | undefined): readonly Column<Policy>[] {
  const spoke = new Map(shadow?.items.map(({ rule, wouldChange }) => [rule, wouldChange]) ?? []);
  return [
    { title: 'Effect', cell: ({ effect }) => <Word of={effect} /> },
    {
      title: 'Rule',
      cell: (policy) => (
        <>
          <ObjectLink room="policies" id={policy.id} name={policy.name} />
          <p className="text-[0.9rem] text-soft">{said(policy)}</p>
        </>
      ),
    },
    {
      title: 'State',
      cell: ({ id, state = 'enforce' }) => (
        <>
          <Word of={state} />
          {state === 'shadow' && (spoke.get(id) ?? 0) > 0 ? <p className="text-[0.86rem] text-soft">{spoke.get(id)} would differ</p> : null}
        </>
      ),
    },
    { title: 'Changed', from: 'md', cell: ({ updatedAt }) => <Time at={updatedAt} /> },
  ];
}

/** All rules, ordered by what wins. */
export function PoliciesPage() {
  const [filters] = useFilters();
  const policies = useQuery({ queryKey: ['getPolicies', 'all'], queryFn: readAllPolicies });
  const shadow = useRead('getPoliciesShadow', {});
  const shown = (policies.data ?? [])
    .filter((policy) => fits(policy, filters))
    .toSorted((a, b) => (RANK[a.effect] ?? 3) - (RANK[b.effect] ?? 3) || (a.id < b.id ? -1 : 1));
  return (
    <>
      <PageHead
        title="Policies"
        lead="Nothing is permitted unless an enforced allow covers it; any enforced deny wins; everything required must be met. Order never matters."
        actions={
          <Link to="/policies/+new" className={buttonClass('primary')}>
            <Plus size={14} aria-hidden="true" /> Write a rule
          </Link>
        }
      />
      <FilterBar
        label="Filter policies"
        filters={[
          { name: 'effect', label: 'Effect', options: ['allow', 'deny', 'require'] },
          { name: 'state', label: 'State', options: ['enforce', 'shadow', 'off'] },
          { name: 'text', label: 'Words' },
        ]}
      />
      {policies.error === null ? null : <Failure error={policies.error} retry={() => void policies.refetch()} />}
      {policies.isPending ? <Loading lines={8} /> : null}
      {policies.data?.length === 0 ? (
        <Empty command="writ apply hub.yaml">
          No rule yet, so nothing is permitted to anybody. Write the first one, or apply a config file.
        </Empty>
      ) : null}
      {policies.isSuccess && policies.data.length > 0 && shown.length === 0 ? <Empty>Nothing is like this.</Empty> : null}
      {shown.length === 0 ? null : <DataTable label="policies" columns={columnsWith(shadow.data)} items={shown} keyOf={({ id }) => id} />}
    </>
  );
}
