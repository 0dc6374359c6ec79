import { CookieJar } from '../driver/jar.ts';
import { readPage } from '../driver/page.ts';
import type { Page } from '../driver/page.ts';
import { mainForm } from '../driver/person.ts';
import { FORM } from './ask.ts';
import type { Answer, Asked } from './ask.ts';

/** A page as it stands in a browser, with the form that a person would send. */
export type Shown = { answer: Answer; url: string; page: Page };

type Send = (path: string, asked?: Asked) => Promise<Answer>;
/** Instead of what the form holds: a text, several (for boxes with one name), or null to leave the field out. */
export type Changes = Record<string, string | readonly string[] | null>;

/** A browser without script that can also misbehave: it sends what it is told, with the cookies it has. */
export class Visitor {
  readonly jar = new CookieJar();
  readonly #origin: string;
  readonly #send: Send;

  constructor(origin: string, send: Send) {
    this.#origin = origin;
    this.#send = send;
  }

  /** One request with this browser's cookies; no redirect is followed. */
  async send(path: string, asked: Asked = {}): Promise<Answer> {
    const url = new URL(path, this.#origin);
    const cookie = this.jar.header(url);
    const answer = await this.#send(url.pathname + url.search, {
      ...asked,
      headers: { ...(cookie !== '' && { cookie }), ...asked.headers },
    });
    this.jar.take(url, answer.cookies);
    return answer;
  }

  /** Goes there and follows redirects inside the hub; `answer.location` is where the last one led outside. */
  async open(path: string, asked: Asked = {}): Promise<Shown> {
    let url = path;
    let answer = await this.send(path, asked);
    for (let hops = 0; hops < 10 && this.#isInside(answer.location); hops += 1) {
      url = answer.location ?? '/';
      answer = await this.send(url);
    }
    return { answer, url, page: readPage(answer.text) };
  }

  /** Sends the form of the page as it came, changed by `changes`, by the button `action`. */
  async submit({ page, url }: Shown, action: string, changes: Changes = {}): Promise<Shown> {
    return this.open(url, { method: 'POST', headers: FORM, body: formOf(page, action, changes).toString() });
  }

  async signIn(path: string, email: string, password: string): Promise<Shown> {
    const shown = await this.submit(await this.open(path), 'continue', { email, password });
    if (!this.jar.all().some(({ name }) => name.endsWith('writ_session')))
      throw new Error(`${email} could not sign in: ${shown.page.text}`);
    return shown;
  }

  /** For somebody who is signed in: allows everything that the pages ask, and answers where the browser was sent. */
  async authorize(path: string): Promise<string> {
    let shown = await this.open(path);
    for (let pages = 0; pages < 4 && shown.answer.location === undefined; pages += 1) {
      const boxes = (mainForm(shown.page)?.fields ?? []).filter(({ type }) => type === 'checkbox');
      const ticked: Changes = {};
      for (const { name } of boxes) ticked[name] = boxes.filter((box) => box.name === name).map(({ value }) => value);
      // Who is offered to set up a second factor goes on without.
      const action = mainForm(shown.page)?.buttons.some(({ value }) => value === 'skip') === true ? 'skip' : 'allow';
      shown = await this.submit(shown, action, action === 'skip' ? {} : ticked);
    }
    if (shown.answer.location === undefined) throw new Error(`nobody was sent back: ${shown.answer.status} ${shown.page.text}`);
    return shown.answer.location;
  }

  #isInside(location: string | undefined): boolean {
    return location !== undefined && new URL(location, this.#origin).origin === this.#origin;
  }
}

/** What a browser would send for this page and button. */
export function formOf(page: Page, action: string, changes: Changes = {}): URLSearchParams {
  const body = new URLSearchParams();
  for (const { name, type, value, checked } of mainForm(page)?.fields ?? []) {
    const isOff = (type === 'checkbox' || type === 'radio') && !checked;
    if (!isOff && !Object.hasOwn(changes, name)) body.append(name, value);
  }
  for (const [name, value] of Object.entries(changes)) {
    for (const one of value === null ? [] : typeof value === 'string' ? [value] : value) body.append(name, one);
  }
  body.append('action', action);
  return body;
}

export function fieldOf({ page }: Shown, name: string): string {
  return mainForm(page)?.fields.find((field) => field.name === name)?.value ?? '';
}
