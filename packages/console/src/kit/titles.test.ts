import { expect, it } from 'vitest';
import { titleOf } from './titles.ts';

it('calls members as people do', () => {
  expect(['accessTokenTtl', 'redirectUris', 'dcr', 'name', 'requireId'].map(titleOf)).toEqual([
    'Access token lifetime',
    'Redirect URIs',
    'DCR',
    'Name',
    'Require id',
  ]);
});
