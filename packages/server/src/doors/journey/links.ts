import { html } from 'hono/html';
import { cookieName, readCookie, setCookie } from '../../base/browser/cookies.ts';
import { formToken, isFormToken, readForm, type Fields } from '../../base/browser/form.ts';
import { messagePage, pageReply, type Html } from '../../base/browser/page.ts';
import { originOf, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { newSecret } from '../../base/ids.ts';
import type { Join, JoinFailure } from '../../rooms/users/join.store.ts';
import type { Reset } from '../../rooms/users/reset.store.ts';
import { nameField, newPassword } from './pages/fields.ts';
import { form } from './pages/parts.ts';
import { NOTICES } from './words.ts';

export type LinkDeps = { issuer: string; join: Pick<Join, 'findInvite' | 'accept'>; reset: Pick<Reset, 'find' | 'set'> };

/** One kind of link from a mail: looked at by GET, which uses nothing (mail scanners open links, attack 057), used by POST. */
type LinkKind = {
  /** The page, or undefined when the link is dead. `sent`: what was filled in before, so that nothing but the password is typed twice. */
  page(secret: string, sent?: Fields): Promise<{ title: string; lead: Html; fields: Html; button: string } | undefined>;
  /** Done, or the sentence that says why not; undefined: the link is dead. */
  use(secret: string, fields: Fields, request: Inbound): Promise<{ done: string } | { wrong: string } | undefined>;
};

const MAX_BODY = 2 * 1024 * 1024;

/** Pages behind links that were mailed: accept an invitation, choose a new password. */
export function linkRoutes(deps: LinkDeps): Route[] {
  return [
    ...routesOf(deps, '/join/:secret', 'an invitation', ['user.created', 'user.changed', 'login.failed'], invitation(deps)),
    ...routesOf(deps, '/reset/:secret', 'a link to choose a new password', ['user.changed', 'login.failed'], passwordReset(deps)),
  ];
}

function routesOf(deps: LinkDeps, path: string, what: string, audit: readonly [string, ...string[]], kind: LinkKind): Route[] {
  return [
    route({
      method: 'GET',
      path,
      access: 'link',
      audit: { none: 'looking at a link uses nothing' },
      summary: `The page of ${what}`,
      handle: ({ request, params }) => show(deps, kind, request, params['secret'] ?? ''),
    }),
    route({
      method: 'POST',
      path,
      access: 'link',
      audit,
      summary: `Use ${what}`,
      maxBody: MAX_BODY,
      handle: (call) => use(deps, kind, call),
    }),
  ];
}

function invitation({ join }: LinkDeps): LinkKind {
  return {
    async page(secret, sent) {
      const invite = await join.findInvite(secret);
      if (invite === undefined) return undefined;
      return {
        title: 'You are invited',
        lead: html`<p class="lead">
          Choose a password for <strong><bdi>${invite.email}</bdi></strong
          >. If you already have an account with this address, it is added to that, and your password stays as it is.
        </p>`,
        fields: html`${nameField(sent?.one('name'))} ${newPassword()}`,
        button: 'Join',
      };
    },
    async use(secret, fields, request) {
      const name = (fields.one('name') ?? '').trim();
      const accepted = await join.accept({
        secret,
        password: fields.one('password') ?? '',
        ...(name === '' ? {} : { name }),
        ip: request.ip,
        origin: originOf(request),
      });
      if (accepted.ok) return { done: 'You have joined' };
      return isDead(accepted.error) ? undefined : { wrong: sentenceOf(accepted.error) };
    },
  };
}

function passwordReset({ reset }: LinkDeps): LinkKind {
  return {
    async page(secret) {
      const found = await reset.find(secret);
      if (found === undefined) return undefined;
      const lead = html`<p class="lead">
        For <strong><bdi>${found.email}</bdi></strong
        >. You will be signed out everywhere.
      </p>`;
      return { title: 'Choose a new password', lead, fields: newPassword(), button: 'Save' };
    },
    async use(secret, fields, request) {
      const set = await reset.set({ secret, password: fields.one('password') ?? '', origin: originOf(request) });
      if (set.ok) return { done: 'Your new password is set' };
      return set.error.kind === 'dead' ? undefined : { wrong: sentenceOf(set.error) };
    },
  };
}

const isDead = (failure: JoinFailure): boolean => failure.kind === 'dead' || failure.kind === 'closed' || failure.kind === 'wrong';

function sentenceOf(failure: JoinFailure): string {
  if (failure.kind === 'password') return failure.message;
  return NOTICES[failure.kind === 'frozen' || failure.kind === 'locked' ? failure.kind : 'busy'].text;
}

async function show(
  deps: LinkDeps,
  kind: LinkKind,
  request: Inbound,
  secret: string,
  again?: { wrong: string; sent: Fields },
): Promise<Reply> {
  const page = /^[\w-]{20,128}$/.test(secret) ? await kind.page(secret, again?.sent) : undefined;
  if (page === undefined) return dead(request);
  const secure = deps.issuer.startsWith('https:');
  const name = cookieName('writ_link', secure);
  const sent = readCookie(request.header('cookie'), name);
  const held = sent !== undefined && /^[\w-]{43}$/.test(sent) ? sent : newSecret();
  const body = html`<h1>${page.title}</h1>
    ${page.lead} ${again === undefined ? '' : html`<p class="notice bad" role="alert">${again.wrong}</p>`}
    ${form(
      { token: formToken(held) },
      html`${page.fields}
        <div class="buttons"><button class="primary" name="action" value="continue">${page.button}</button></div>`,
    )}`;
  return pageReply({
    title: page.title,
    body,
    status: again === undefined ? 200 : 400,
    cookies: [setCookie(name, held, { secure, maxAge: 3_600 })],
  });
}

async function use(deps: LinkDeps, kind: LinkKind, { request, params }: Call): Promise<Reply> {
  const secret = params['secret'] ?? '';
  const fields = readForm(request);
  const refused = (status: number, sentence: string) =>
    messagePage({ status, title: 'This cannot go on', sentence, requestId: request.requestId });
  if (!fields.ok) return refused(400, 'What was sent is no form of this hub. Load the page again and repeat.');
  const held = readCookie(request.header('cookie'), cookieName('writ_link', deps.issuer.startsWith('https:')));
  if (held === undefined || !isFormToken(fields.value.one('token'), held))
    return refused(403, 'It was not sent from the page that we showed you. Open the link from your e-mail again.');
  if ((fields.value.one('password') ?? '').length > 1_024) return refused(400, 'A password has at most 1024 characters.');
  const used = /^[\w-]{20,128}$/.test(secret) ? await kind.use(secret, fields.value, request) : undefined;
  if (used === undefined) return dead(request);
  if ('wrong' in used) return show(deps, kind, request, secret, { wrong: used.wrong, sent: fields.value });
  return pageReply({
    title: used.done,
    body: html`<h1>${used.done}</h1>
      <p class="lead">Go back to the app that you came from, or <a href="/account">sign in to your account</a>.</p>`,
  });
}

function dead(request: Inbound): Promise<Reply> {
  return messagePage({
    status: 400,
    title: 'This link is over',
    sentence: 'It was used, or it is too old. Ask for a new one.',
    requestId: request.requestId,
  });
}
