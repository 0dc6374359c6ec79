import './hosted.css';
import type { Page } from '@writ/flow';
import { SAMPLE_NAMES, SAMPLE_SCOPES, type Named } from '../model/sample-journey.ts';
import { plainWord } from '../model/words.ts';

type Props = {
  readonly page: Page;
  readonly label: string;
  /** Of a run: who asks whom, and which scopes it offers. */
  readonly named?: Named;
  readonly scopes?: readonly string[];
};

/** A page of a journey as a person sees it on a phone, from the very data that the hosted page is made of. Nothing in it can be pressed. */
export function HostedPage({ page, label, named = SAMPLE_NAMES, scopes = SAMPLE_SCOPES }: Props) {
  const { title, lead, parts, buttons } = faceOf(page, named, scopes);
  return (
    <figure className="hosted" role="img" aria-label={`${label}: ${title}`}>
      <div className="mark">Writ</div>
      <div className="sheet">
        <div className="h1">{title}</div>
        {lead === '' ? null : <div className="lead">{lead}</div>}
        <div className="body">
          {parts.map((part, at) => (
            <PartView key={`${part.is}${String(at)}`} part={part} />
          ))}
          {buttons.map((button, at) => (
            <span key={button} className={`button ${at === 0 ? 'first' : ''}`}>
              {button}
            </span>
          ))}
        </div>
      </div>
    </figure>
  );
}

type Part = { readonly is: 'field' | 'choice' | 'tick' | 'quiet'; readonly text: string };
type FaceOf = { readonly title: string; readonly lead: string; readonly parts: readonly Part[]; readonly buttons: readonly string[] };

function PartView({ part: { is, text } }: { part: Part }) {
  switch (is) {
    case 'field':
      return (
        <span className="field">
          {text}
          <span className="box" />
        </span>
      );
    case 'choice':
    case 'tick':
      return (
        <span className="choice">
          <span className="tick" />
          {text}
        </span>
      );
    case 'quiet':
      return <span className="quiet">{text}</span>;
  }
}

const field = (text: string): Part => ({ is: 'field', text });
const quiet = (text: string): Part => ({ is: 'quiet', text });

function faceOf(page: Page, named: Named, scopes: readonly string[]): FaceOf {
  switch (page.kind) {
    case 'screen':
      return {
        title: page.title,
        lead: page.text ?? '',
        parts: page.fields.flatMap(screenField),
        buttons: page.buttons.map(({ label }) => label),
      };
    case 'account':
      return { title: `Continue as ${named.user}?`, lead: '', parts: [], buttons: ['Continue', 'Use another account', 'Cancel'] };
    case 'identify':
      return { title: 'Who is it?', lead: '', parts: [field('E-mail address')], buttons: ['Continue', 'Cancel'] };
    case 'authenticate':
      return signIn(page);
    case 'enrol':
      return {
        title: 'Set up a second factor',
        lead: 'Choose one of these.',
        parts: [],
        buttons: [...page.methods.map(plainWord), ...(page.optional ? ['Not now'] : [])],
      };
    case 'tenant':
      return {
        title: 'In which organisation?',
        lead: 'The app will act for you in the one you choose, and in no other.',
        parts: page.tenants.map(({ name }) => ({ is: 'choice', text: name })),
        buttons: ['Continue', 'Cancel'],
      };
    case 'consent':
    case 'tenantConsent':
      return consent(page.kind === 'tenantConsent', named, scopes);
    case 'connect':
      return {
        title: `Connect ${page.connection}`,
        lead: page.scopes.length === 0 ? '' : `It may then: ${page.scopes.join(', ')}.`,
        parts: [],
        buttons: ['Connect', ...(page.optional ? ['Go on without'] : []), 'Cancel'],
      };
    case 'waiting':
      return {
        title: 'Somebody else has to agree',
        lead: 'This page goes on by itself when they have decided.',
        parts: [],
        buttons: ['Look again', 'Cancel'],
      };
    case 'denied':
      return { title: 'This was not allowed', lead: page.message ?? '', parts: [], buttons: ['Back'] };
  }
}

function screenField({ label, type, required, choices = [] }: Extract<Page, { kind: 'screen' }>['fields'][number]): readonly Part[] {
  const named = required === true ? label : `${label} (optional)`;
  if (type === 'checkbox') return [{ is: 'tick', text: label }];
  if (type === 'choice') return [quiet(named), ...choices.map((text): Part => ({ is: 'choice', text }))];
  return [field(named)];
}

function signIn({ methods, providers, factor, mayEnrol }: Extract<Page, { kind: 'authenticate' }>): FaceOf {
  if (factor === 'second')
    return {
      title: 'One more step',
      lead: 'What was asked for needs a second proof that it is you.',
      parts: methods.includes('totp') ? [field('Code of your authenticator app')] : [],
      buttons: [
        ...methods.filter((one) => one !== 'totp').map((one) => `Use ${plainWord(one).toLowerCase()}`),
        ...(mayEnrol ? ['Set one up'] : []),
        'Cancel',
      ],
    };
  const password = methods.includes('password');
  const others = methods.filter((one) => one !== 'password' && one !== 'oidc').map((one) => OTHER_WAYS[one] ?? plainWord(one));
  const named = methods.includes('oidc')
    ? (providers.length === 0 ? ['Your identity providers'] : providers).map((one) => `Continue with ${one}`)
    : [];
  return {
    title: 'Sign in',
    lead: '',
    parts: [
      ...(password || methods.includes('email_code') || methods.includes('magic_link') ? [field('E-mail address')] : []),
      ...(password ? [field('Password')] : []),
    ],
    buttons: [...(password ? ['Sign in'] : []), ...others, ...named],
  };
}

const OTHER_WAYS: Readonly<Record<string, string>> = {
  passkey: 'Sign in with a passkey',
  email_code: 'E-mail me a code',
  magic_link: 'E-mail me a link',
  sso: 'Continue with your organisation',
  external: 'Continue on another page',
};

function consent(forTenant: boolean, { client, host, resource, tenant }: Named, scopes: readonly string[]): FaceOf {
  return {
    title: host,
    lead: forTenant
      ? `${client} wants to use ${resource} for everybody in ${tenant}.`
      : `It calls itself ${client} and wants to use ${resource} for you.`,
    parts: [
      ...scopes.map((text): Part => ({ is: 'tick', text })),
      quiet('The page itself names evidence and lifetimes as well, and hides what policy withholds.'),
    ],
    buttons: ['Allow', 'Deny'],
  };
}
