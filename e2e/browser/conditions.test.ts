import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { ANN } from '../harness.ts';
import { inBrowser } from './chromium.ts';
import { onStage } from './stage.ts';
import { BOB } from './world.ts';

/** Run in the page: what has the focus, as a person would name it, and whether one sees that it has. */
const FOCUS = `(() => {
  const one = document.activeElement;
  const look = getComputedStyle(one);
  return { name: (one.closest('label') ?? one).textContent.trim() || one.name, value: one.value ?? '', seen: look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2 };
})()`;
type Focus = { name: string; value: string; seen: boolean };

/** Presses Tab until the button with this value has the focus; answers every stop on the way. */
async function tabTo(page: Page, value: string): Promise<Focus[]> {
  const stops: Focus[] = [];
  while (stops.length < 40) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate<Focus>(FOCUS);
    stops.push(focus);
    if (focus.value === value) return stops;
  }
  throw new Error(`Tab never came to ${value}: ${stops.map((stop) => stop.name).join(', ')}`);
}

/** A site of somebody else, which shows a page of the hub in a frame. */
async function framingSite(address: string): Promise<{ url: string; close(): void }> {
  const server = createServer((_, response) => {
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<title>Win a prize</title><iframe src="${address}" width="600" height="600"></iframe>`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return { url: `http://127.0.0.1:${port}/`, close: () => void server.close() };
}

inBrowser('login and consent', () => {
  const stage = onStage();

  test('work without JavaScript', async () => {
    const { world, visitor } = stage();
    const { page, signIn, send } = await visitor({ javaScriptEnabled: false });
    await page.goto(world.authorize(await world.register('No script')));
    await signIn(ANN);
    await page.getByRole('checkbox', { name: 'Comment on incidents' }).uncheck();
    await send('allow');
    expect(await page.title()).toBe('Thanks');
    expect(world.callback.called.at(-1)?.get('code')).toBeTruthy();
  });

  test('work with the keyboard alone, and show where the focus is', async () => {
    const { world, visitor } = stage();
    const { page } = await visitor();
    await page.goto(world.authorize(await world.register('Keys only')));
    await page.keyboard.type(ANN.email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(ANN.password);
    await Promise.all([page.waitForEvent('domcontentloaded'), page.keyboard.press('Enter')]);
    const stops = await tabTo(page, 'allow');
    expect(stops.filter((stop) => !stop.seen)).toEqual([]);
    expect(stops.map((stop) => stop.value).slice(-2)).toEqual(['deny', 'allow']);
    expect(stops.filter((stop) => stop.value.includes(':')).length).toBe(4);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${world.callback.url}**`);
    expect(world.callback.called.at(-1)?.get('code')).toBeTruthy();
  });

  test('Enter on a box of the consent page does nothing, Enter on an organisation chooses it', async () => {
    const { world, visitor } = stage();
    const before = [...world.callback.called];
    const { page, signIn } = await visitor();
    await page.goto(world.authorize(await world.register('Hasty')));
    await signIn(BOB);
    await page.getByRole('radio', { name: 'Acme' }).focus();
    await Promise.all([page.waitForEvent('domcontentloaded'), page.keyboard.press('Enter')]);
    const box = page.getByRole('checkbox', { name: 'Export customer data' });
    await box.focus();
    await page.keyboard.press('Enter');
    // What Enter had started would be under way long before this.
    await sleep(300);
    expect(await box.isVisible()).toBe(true);
    expect(world.callback.called).toEqual(before);
  });

  test('stay blank in a frame of another site', async () => {
    const { world, browser } = stage();
    const context = await browser.newContext();
    const page = await context.newPage();
    for (const [address, shows] of [
      [world.callback.url, true],
      [world.authorize('desk'), false],
      [`${world.hub.issuer}/account`, false],
      [`${world.hub.issuer}/console/`, false],
      [`${world.hub.issuer}/oauth/logout`, false],
      [world.authorize('nobody-knows-me'), false],
    ] as const) {
      const site = await framingSite(address);
      await page.goto(site.url);
      const [, frame] = page.frames();
      expect((await frame?.locator('body').textContent())?.includes('You can close this') ?? false, address).toBe(shows);
      expect(frame?.url().startsWith('chrome-error:'), address).toBe(!shows);
      site.close();
    }
    await context.close();
  });
});
