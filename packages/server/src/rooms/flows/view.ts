import type { Method, Notice } from '@writ/flow';
import type { Client } from '../clients/client.ts';
import type { Resource } from '../resources/resource.ts';
import type { Lifetimes } from '../tokens/lifetimes.ts';
import type { User } from '../users/user.ts';
import type { Offer } from './offer.ts';

/** Where the user comes from and goes back to; absent for signing in at the hub itself. */
export type Visitor = { client: Client; redirectUri: string };

/** Everything that a hosted page shows; the page adds words and form, nothing else. */
export type View = { visitor: Visitor | undefined; notice: Notice | undefined; detail: string | undefined } & (
  | { screen: 'account'; user: User }
  | { screen: 'sign_in'; email: string | undefined; methods: readonly Method[]; mayJoin: boolean }
  | { screen: 'code'; email: string }
  | { screen: 'join'; email: string | undefined }
  | { screen: 'join_code'; email: string }
  | { screen: 'tenant'; user: User; tenants: readonly { id: string; name: string }[] }
  | {
      screen: 'consent';
      user: User;
      tenant: { id: string; name: string } | undefined;
      resource: Resource;
      offer: Offer;
      lifetimes: Lifetimes;
    }
  | { screen: 'denied'; reason: string }
);
