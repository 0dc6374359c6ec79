import { listed } from '../../kit/words.ts';

type Filter = { types: readonly string[]; tenants: readonly string[]; hub: boolean; outcomes: readonly string[] };

/** What a sink gets, in a sentence: what its filter does not name it lets through. */
export function filterWords({ types, tenants, hub, outcomes }: Filter): string {
  const what = types.length === 0 ? 'every event' : `only ${listed(types)}`;
  const how = outcomes.length === 0 ? '' : ` with outcome ${listed(outcomes, 'or')}`;
  const own = hub ? ['the hub itself'] : [];
  const whose = tenants.length === 0 ? 'every tenant and the hub itself' : listed([...tenants, ...own]);
  return `${what}${how}, of ${whose}`;
}

type Masking = 'hash' | 'omit' | undefined;

const MASKED = { user: 'people', ip: 'addresses', userAgent: 'browsers' } as const;
const HOW = { hash: 'as a keyed hash', omit: 'not at all' } as const;

/** How much of people leaves the hub with its entries. */
export function maskWords(mask: { user?: Masking; ip?: Masking; userAgent?: Masking }): string {
  const said = (['user', 'ip', 'userAgent'] as const).flatMap((name) => {
    const how = mask[name];
    return how === undefined ? [] : [`${MASKED[name]} ${HOW[how]}`];
  });
  return said.length === 0 ? 'nothing: people, addresses and browsers go out as they are' : said.join(', ');
}
