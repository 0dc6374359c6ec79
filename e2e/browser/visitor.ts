import type { Browser, BrowserContextOptions, Page, Response } from 'playwright-core';
import type { Gallery } from './gallery.ts';

/** Somebody at a real browser of their own: no cookies of others, and every complaint of the browser kept. */
export type Visitor = {
  page: Page;
  /** Violations of the pages' own CSP, errors on the console, requests that failed. */
  problems: string[];
  /** Hangs the page that is shown now in the gallery, under a name. */
  keep(name: string): Promise<void>;
  /** Fills in fields by name and presses the button with this `action`. */
  send(action: string, fields?: Record<string, string>): Promise<void>;
  /** Signs in on the page that asks for it. */
  signIn(who: { email: string; password: string }): Promise<void>;
  close(): Promise<void>;
};

/** Runs in the page before anything of it: a violation is an event, and the console may be silent about it. */
const REPORT = `addEventListener('securitypolicyviolation', (e) => console.error('CSP: ' + e.violatedDirective + ' ' + e.blockedURI), true)`;

export async function openVisitor(browser: Browser, gallery: Gallery, options: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
  await context.addInitScript(REPORT);
  const page = await context.newPage();
  page.setDefaultTimeout(45_000);
  const problems: string[] = [];
  const refused = new Set<string>();
  let shown: Response | undefined;
  page.on('response', (response) => {
    if (!response.request().isNavigationRequest() || response.frame() !== page.mainFrame()) return;
    shown = response;
    if (response.status() >= 400) refused.add(response.url());
  });
  page.on('pageerror', (error) => problems.push(`page: ${error.message}`));
  page.on('requestfailed', (request) => {
    // A visitor who goes on does not wait for the icon.
    if (!request.isNavigationRequest() && request.failure()?.errorText !== 'net::ERR_ABORTED') problems.push(`failed: ${request.url()}`);
  });
  page.on('console', (message) => {
    // Chromium puts a page that came with 4xx on the console too; the page is what was asked for.
    const expected = message.text().startsWith('Failed to load resource') && refused.has(message.location().url);
    if (['error', 'warning'].includes(message.type()) && !expected) problems.push(`console: ${message.text()} ${message.location().url}`);
  });
  const send: Visitor['send'] = async (action, fields = {}) => {
    for (const [name, value] of Object.entries(fields)) await page.locator(`[name="${name}"]`).fill(value);
    await Promise.all([
      page.waitForEvent('domcontentloaded'),
      page.locator(`button[name="action"][value="${action}"]:not([aria-hidden])`).click(),
    ]);
  };
  return {
    page,
    problems,
    send,
    signIn: ({ email, password }) => send('continue', { email, password }),
    async keep(name) {
      if (shown === undefined) throw new Error(`nothing is shown for ${name}`);
      gallery.hang({ name, url: shown.url(), status: shown.status(), headers: await shown.allHeaders(), html: await shown.text() });
    },
    close: () => context.close(),
  };
}
