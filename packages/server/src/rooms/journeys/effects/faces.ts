import type { Owner, ScreenButton, ScreenField } from '@writ/flow';
import type { Resource } from '../../resources/resource.ts';
import type { Lifetimes } from '../../tokens/lifetimes.ts';
import type { PasskeyCreation } from '../../users/passkey.ts';
import type { User } from '../../users/user.ts';
import type { Offer } from '../offer.ts';

/** What the pages of authored nodes show, besides what every page does; the page adds words and form, nothing else. */
export type Face =
  /** Where does the person belong: asked before signing in. */
  | { screen: 'identify'; email: string | undefined }
  /** A page of the author's own. `wrong`: the field whose answer does not fit. */
  | {
      screen: 'authored';
      title: string;
      text: string | undefined;
      fields: readonly ScreenField[];
      buttons: readonly ScreenButton[];
      wrong: string | undefined;
    }
  | EnrolFace
  /** `mode`: an administrator decides for the tenant, or a person sees what was decided. */
  | {
      screen: 'tenant_consent';
      mode: 'decide' | 'confirm';
      user: User;
      tenant: { id: string; name: string };
      resource: Resource;
      offer: Offer;
      lifetimes: Lifetimes;
    }
  /** `name` undefined: there is no such connection, or it takes nobody now. */
  | {
      screen: 'connect';
      name: string | undefined;
      scopes: readonly string[];
      owner: Owner;
      tenant: string | undefined;
      optional: boolean;
      user: User;
    }
  /** Somebody else decides. Times in milliseconds. */
  | { screen: 'waiting'; until: number | undefined; now: number };

type Enrolling = { email: string; optional: boolean };

export type EnrolFace =
  /** `why`: nothing may be set up in this session: it is too old, or of one factor where there are two. */
  | ({ screen: 'enrol_choice'; methods: readonly EnrolMethod[]; why: 'stale' | 'weak' | 'bound' | undefined } & Enrolling)
  | ({ screen: 'enrol_app'; secret: string; uri: string; several: boolean } & Enrolling)
  | ({ screen: 'enrol_passkey'; passkey: PasskeyCreation | undefined; several: boolean } & Enrolling)
  | ({ screen: 'enrol_password'; several: boolean } & Enrolling)
  | { screen: 'enrol_codes'; codes: readonly string[] };

export const ENROL_METHODS = ['passkey', 'totp', 'recovery_codes', 'password'] as const;
export type EnrolMethod = (typeof ENROL_METHODS)[number];

/** What an author's button sends: no name that an author finds can mean what a button of ours does (cancel, deny, switch). */
export const buttonAction = (name: string): string => `b.${name}`;

/** Seconds after which a page that waits for somebody else looks again by itself. */
export const LOOK_AGAIN_SECONDS = 15;
