// The critics criticised: what the other tests here would let pass if these failed.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inBrowser, launch } from './chromium.ts';
import { criticise, openGallery } from './gallery.ts';
import { openVisitor } from './visitor.ts';

inBrowser('the tests of pages', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());

  const page = (style: string, body: string): string =>
    `<!doctype html><html lang="en"><title>A page</title><style>${style}</style><main><h1>A page</h1>${body}</main></html>`;

  async function faultsOf(html: string): Promise<string[]> {
    const gallery = openGallery();
    gallery.hang({ name: 'it', url: 'http://localhost/it', status: 200, headers: { 'content-type': 'text/html' }, html });
    return criticise(browser, gallery);
  }

  test('find no fault with a plain page', async () => {
    expect(await faultsOf(page('', '<p>Hello'))).toEqual([]);
  });

  test('see a field without a label', async () => {
    expect((await faultsOf(page('', '<input name="email">'))).join('\n')).toContain('label <input');
  });

  test('see too little contrast, also where only dark pages have it', async () => {
    const dark = '@media (prefers-color-scheme:dark){body{background:#111;color:#444}}';
    const [fault = '', ...more] = await faultsOf(page(dark, ''));
    expect([fault, ...more].length).toBe(1);
    expect(fault).toMatch(/^it at 360 px, dark: color-contrast/);
  });

  test('see what a phone would scroll sideways for, and what is cut off', async () => {
    expect((await faultsOf(page('', '<p style="width:500px">Wide'))).join('\n')).toMatch(/at 360 px, dark: the page scrolls sideways/);
    const cut = '<p style="width:9rem;overflow:hidden;white-space:nowrap" tabindex="0">Much more than fits in there';
    expect((await faultsOf(page('', cut))).filter((fault) => fault.includes('too wide')).length).toBe(2);
  });

  test('hear when a page breaks its own policy, asks for what is not there, or throws', async () => {
    const html = page('', '<p onclick="1">x</p><script>throw new Error("thrown")</script><img src="/gone" alt="">');
    const server = createServer(({ url }, response) => {
      const policy = url === '/strict' ? `default-src 'none'` : `img-src 'self'; script-src 'unsafe-inline'`;
      response.writeHead(url === '/gone' ? 404 : 200, { 'content-type': 'text/html', 'content-security-policy': policy }).end(html);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    const heard = async (path: string): Promise<string> => {
      const visitor = await openVisitor(browser, openGallery());
      await visitor.page.goto(`${origin}${path}`, { waitUntil: 'networkidle' });
      await visitor.close();
      return visitor.problems.join('\n');
    };
    const strict = await heard('/strict');
    for (const directive of ['style-src', 'script-src', 'img-src']) expect(strict).toContain(`CSP: ${directive}`);
    const lax = await heard('/lax');
    expect(lax).toContain('page: thrown');
    expect(lax).toMatch(/status of 404.*\/gone/);
    server.close();
  });
});
