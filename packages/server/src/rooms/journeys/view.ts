import type { Notice } from '@writ/flow';
import type { Client } from '../clients/client.ts';
import type { Resource } from '../resources/resource.ts';
import type { Branding } from '../tenants/tenant.ts';
import type { Lifetimes } from '../tokens/lifetimes.ts';
import type { PasskeyRequest } from '../users/passkey.ts';
import type { User } from '../users/user.ts';
import type { Face } from './effects/faces.ts';
import type { Offer } from './offer.ts';
import type { WayOut } from './world.ts';

/**
 * Who asks, and where the user goes back to; absent for signing in at the hub itself. `redirectUri` undefined: the client asked `elsewhere`
 * and waits there.
 */
export type Visitor = { client: Client; redirectUri: string | undefined; elsewhere?: Elsewhere | undefined };

/** What a person should know of a request that did not come through their browser. Times in milliseconds. */
export type Elsewhere = {
  by: 'device_code' | 'ciba';
  ip: string | undefined;
  userAgent: string | undefined;
  at: number;
  now: number;
  bindingMessage: string | undefined;
};

/** A tenant as its people know it. */
export type BrandedTenant = { id: string; name: string; branding: Branding };

/** What one of the hosted pages shows; the page adds words and form, nothing else. */
export type Screen =
  | Face
  | { screen: 'account'; user: User }
  | {
      screen: 'sign_in';
      email: string | undefined;
      /** Ways of the hub's own: password, email_code. */
      ways: readonly string[];
      /** Buttons that lead to whoever vouches for people. */
      waysOut: readonly WayOut[];
      mayJoin: boolean;
      passkey: PasskeyRequest | undefined;
    }
  /** `asSecond`: on top of a password. */
  | { screen: 'code'; email: string; asSecond?: true }
  | {
      screen: 'second';
      email: string;
      /** Which there are. */
      factors: { totp: boolean; recovery: boolean; mail: boolean; password: boolean };
      passkey: PasskeyRequest | undefined;
      /** Somebody is signed in already, and may go on with that. */
      maySkip: boolean;
    }
  /** `uri`: for the app's camera. */
  | { screen: 'enrol'; email: string; secret: string; uri: string; maySkip: boolean }
  /** What is asked for is more than this person could show. `maySkip`: there is a way on without it. */
  | { screen: 'unable'; email: string; maySkip: boolean }
  | { screen: 'recovery'; codes: readonly string[] }
  | { screen: 'join'; email: string | undefined }
  | { screen: 'join_code'; email: string }
  | { screen: 'tenant'; user: User; tenants: readonly BrandedTenant[]; preferred: string | undefined }
  | {
      screen: 'consent';
      user: User;
      tenant: { id: string; name: string } | undefined;
      resource: Resource;
      offer: Offer;
      lifetimes: Lifetimes;
    }
  /** `message`: of the flow's author. */
  | { screen: 'denied'; reason: string; message: string | undefined };

/** A hosted page. `returnTo`: where signing in at the hub itself leads; absent in a journey of a client. */
export type View = {
  visitor: Visitor | undefined;
  /** Goes into the form: what comes back with an older one moves nothing. */
  turn: number;
  returnTo: string | undefined;
  notice: Notice | undefined;
  detail: string | undefined;
} & Screen;
