import { expect, test } from 'vitest';
import type { Resource } from '../resources/resource.ts';
import type { TenantSettings } from '../tenants/tenant.ts';
import { lifetimesOf } from './lifetimes.ts';

const resource = (accessTokenTtl?: number): Pick<Resource, 'settings'> => ({
  settings: { onExcess: 'narrow', ...(accessTokenTtl === undefined ? {} : { accessTokenTtl }) },
});
const tenant = (settings: TenantSettings) => ({ settings });
const DAY = 86_400;

test('without a word from resource or tenant the hub says ten minutes, thirty days and ninety', () => {
  expect(lifetimesOf(resource(), undefined)).toEqual({ accessToken: 600, idle: 30 * DAY, absolute: 90 * DAY });
});

test('of resource and tenant the shorter life of an access token counts', () => {
  expect(lifetimesOf(resource(900), tenant({ accessTokenTtl: 300 })).accessToken).toBe(300);
  expect(lifetimesOf(resource(120), tenant({ accessTokenTtl: 300 })).accessToken).toBe(120);
  expect(lifetimesOf(resource(1_200), undefined).accessToken).toBe(1_200);
});

test('a family is never told to rest longer than it lives', () => {
  expect(lifetimesOf(resource(), tenant({ refreshTokenTtl: 7 * DAY }))).toMatchObject({ idle: 7 * DAY, absolute: 7 * DAY });
});
