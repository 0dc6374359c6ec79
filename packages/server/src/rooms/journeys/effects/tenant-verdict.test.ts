import { describe, expect, it } from 'vitest';
import type { Offer } from '../offer.ts';
import { tenantVerdict, type TenantFacts } from './tenant-verdict.ts';

const scope = (name: string, fixed = false) => ({ name, title: name, description: '', risk: 'low' as const, fixed, ticked: true });
const offer = (names: readonly string[], more: Partial<Offer> = {}): Offer => ({
  scopes: names.map((name) => scope(name)),
  identity: [],
  withheld: [],
  details: [],
  until: { days: [], open: true, chosen: 'open' },
  again: false,
  ...more,
});
const STANDING = { scopes: ['read', 'openid'], persistent: true, state: 'active' as const };
const FACTS: TenantFacts = {
  offer: offer(['read']),
  named: true,
  standing: STANDING,
  administrator: false,
  detailed: false,
  mustShow: false,
  asksAnew: false,
};

describe('consent of a tenant', () => {
  it.each<[string, Partial<TenantFacts>, string]>([
    ['passes who asks for no more than it', {}, 'settled'],
    ['is nobody’s where none stands', { standing: undefined }, 'not_admin'],
    ['is the administrator’s to give where none stands', { standing: undefined, administrator: true }, 'decide'],
    ['passes an administrator like anybody else', { administrator: true }, 'settled'],
    ['is decided again by an administrator whose client asks anew', { administrator: true, asksAnew: true }, 'decide'],
    ['is confirmed by others whose client asks anew', { asksAnew: true }, 'confirm'],
    ['is confirmed where it must be seen', { mustShow: true }, 'confirm'],
    ['is not enough for more', { offer: offer(['read', 'write']) }, 'not_admin'],
    ['gives what there is to who named nothing', { offer: offer(['read', 'write']), named: false }, 'settled'],
    ['gives nothing to who named nothing where nothing of it is offered', { offer: offer(['write']), named: false }, 'not_admin'],
    [
      'is not enough without what is always included',
      { offer: offer([], { scopes: [scope('list', true), scope('read')] }), named: false },
      'not_admin',
    ],
    [
      'is not enough for knowing who the person is, unless it says so',
      { offer: offer(['read'], { identity: [scope('email')] }) },
      'not_admin',
    ],
    ['covers knowing who the person is where it says so', { offer: offer(['read'], { identity: [scope('openid', true)] }) }, 'settled'],
    ['stands for nothing that is asked in detail', { detailed: true }, 'not_admin'],
    ['stands for nothing while it is frozen', { standing: { ...STANDING, state: 'frozen' } }, 'not_admin'],
  ])('%s', (_name, changes, kind) => {
    expect(tenantVerdict({ ...FACTS, ...changes }).kind).toBe(kind);
  });

  it('gives no more time than it allows, nor more than the client could use', () => {
    const persistent = (standing: boolean, offered: boolean) => {
      const verdict = tenantVerdict({
        ...FACTS,
        standing: { ...STANDING, persistent: standing },
        offer: offer(['read'], offered ? { persistent: { ticked: true } } : {}),
      });
      return 'approval' in verdict && verdict.approval.persistent;
    };
    expect([persistent(true, true), persistent(false, true), persistent(true, false)]).toEqual([true, false, false]);
  });
});
