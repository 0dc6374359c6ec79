import type { Page } from '@writ/flow';
import type { Named } from './sample-journey.ts';
import { plainWord } from './words.ts';

export type HostedPart = { readonly is: 'field' | 'choice' | 'tick' | 'quiet'; readonly text: string };

/** What stands on a hosted page, top to bottom. The first of `buttons` is what Enter presses; `plain` ones look like links. */
export type HostedFace = {
  readonly eyebrow?: string;
  readonly title: string;
  readonly lead: string;
  readonly parts: readonly HostedPart[];
  readonly buttons: readonly string[];
  readonly plain?: readonly string[];
};

const field = (text: string): HostedPart => ({ is: 'field', text });
const quiet = (text: string): HostedPart => ({ is: 'quiet', text });
const CANCEL = ['Cancel'];

/** The words of the hub's own pages (its door `journey`) around what a flow asks for. */
export function hostedFace(page: Page, named: Named, scopes: readonly string[]): HostedFace {
  switch (page.kind) {
    case 'screen':
      return {
        title: page.title,
        lead: page.text ?? '',
        parts: page.fields.flatMap(screenField),
        buttons: page.buttons.map(({ label }) => label),
        plain: CANCEL,
      };
    case 'account':
      return { title: `Continue as ${named.user}?`, lead: '', parts: [], buttons: ['Continue', 'Use another account'], plain: CANCEL };
    case 'identify':
      return { title: 'Sign in', lead: '', parts: [field('E-mail address')], buttons: ['Continue'], plain: CANCEL };
    case 'authenticate':
      return page.factor === 'second' ? second(page, named) : signIn(page);
    case 'enrol':
      return {
        title: 'One more way to sign in',
        lead: `Set one of these up for ${named.user}. It takes a minute.`,
        parts: [],
        buttons: [...page.methods.map((one) => ENROLMENTS[one] ?? plainWord(one)), ...(page.optional ? ['Not now'] : [])],
        plain: CANCEL,
      };
    case 'tenant':
      return {
        title: 'In which organisation?',
        lead: 'The app will act for you in the one you choose, and in no other.',
        parts: page.tenants.map(({ name }) => ({ is: 'choice', text: name })),
        buttons: ['Continue'],
        plain: CANCEL,
      };
    case 'consent':
    case 'tenantConsent':
      return consent(page.kind === 'tenantConsent', named, scopes);
    case 'connect':
      return connect(page, named);
    case 'waiting':
      return {
        title: 'Waiting for a decision',
        lead: 'This needs somebody else’s yes, and they have been asked. This page goes on by itself when they have answered.',
        parts: [],
        buttons: ['Look again'],
        plain: CANCEL,
      };
    case 'denied':
      return {
        title: 'This cannot go on',
        lead: page.message ?? '',
        parts: [quiet('Nothing was allowed. Your administrator can see why, and change it.')],
        buttons: [`Return to ${named.host}`],
      };
  }
}

const ENROLMENTS: Readonly<Record<string, string>> = {
  passkey: 'A passkey',
  totp: 'An authenticator app',
  recovery_codes: 'Recovery codes',
  password: 'A password',
};

function screenField({ label, type, required, choices = [] }: Extract<Page, { kind: 'screen' }>['fields'][number]): readonly HostedPart[] {
  const named = required === true ? label : `${label} (optional)`;
  if (type === 'checkbox') return [{ is: 'tick', text: label }];
  if (type === 'choice') return [quiet(named), ...choices.map((text): HostedPart => ({ is: 'choice', text }))];
  return [field(named)];
}

type SignIn = Extract<Page, { kind: 'authenticate' }>;

function signIn({ methods, providers }: SignIn): HostedFace {
  const has = (method: string): boolean => methods.includes(method);
  const address = has('password') || has('email_code') || has('magic_link');
  const named = providers.length === 0 ? ['your identity provider'] : providers;
  return {
    title: 'Sign in',
    lead: '',
    parts: [...(address ? [field('E-mail address')] : []), ...(has('password') ? [field('Password')] : [])],
    buttons: [
      ...(has('password') ? ['Sign in'] : []),
      ...(has('passkey') ? ['Sign in with a passkey'] : []),
      ...(has('email_code') || has('magic_link') ? [has('password') ? 'E-mail me a code instead' : 'E-mail me a code'] : []),
      ...(has('oidc') || has('external') ? named.map((one) => `Continue with ${one}`) : []),
      ...(has('sso') ? ['Continue with your organisation'] : []),
    ],
    plain: CANCEL,
  };
}

function second({ methods, mayEnrol }: SignIn, { user }: Named): HostedFace {
  const has = (method: string): boolean => methods.includes(method);
  const typed = has('totp') || has('recovery_code') || has('password');
  return {
    title: 'One more step',
    lead: has('totp') ? `Enter the code that your authenticator app shows now, for ${user}.` : `Show that it is you, for ${user}.`,
    parts: [
      ...(has('totp') ? [field('Code from your app')] : []),
      ...(has('password') ? [field('Password')] : []),
      ...(has('recovery_code') ? [quiet('Use a recovery code instead')] : []),
      ...(mayEnrol ? [quiet('Who has none of these yet sets one up here.')] : []),
    ],
    buttons: [
      ...(typed ? ['Continue'] : []),
      ...(has('passkey') ? ['Use your passkey'] : []),
      ...(has('email_code') ? ['E-mail me a code'] : []),
    ],
    plain: ['Use another account', 'Cancel'],
  };
}

function connect({ connection, scopes, optional, owner }: Extract<Page, { kind: 'connect' }>, { tenant }: Named): HostedFace {
  const lead =
    owner === 'tenant'
      ? `To go on, an account at ${connection} has to be connected for everybody in ${tenant}.`
      : `To go on, your account at ${connection} has to be connected. It works for you alone.`;
  return {
    eyebrow: 'One thing first',
    title: `Connect ${connection}`,
    lead,
    parts: scopes.map(quiet),
    buttons: ['Connect', ...(optional ? ['Go on without'] : [])],
    plain: CANCEL,
  };
}

function consent(forTenant: boolean, { client, host, resource, tenant }: Named, scopes: readonly string[]): HostedFace {
  return {
    eyebrow: forTenant ? `For everybody in ${tenant}` : 'Wants to act for you',
    title: host,
    lead: `It calls itself ${client} and wants to use ${resource} for ${forTenant ? `everybody in ${tenant}` : 'you'}.`,
    parts: [
      ...scopes.map((text): HostedPart => ({ is: 'tick', text })),
      quiet('The page itself names evidence and lifetimes as well, and says what policy withholds.'),
    ],
    buttons: ['Allow', 'Deny'],
  };
}
