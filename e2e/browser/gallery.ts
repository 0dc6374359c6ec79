import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';

/** A page as the hub sent it to a visitor. No script runs in it, so the same answer shows the same page at any time. */
export type Picture = { name: string; url: string; status: number; headers: Record<string, string>; html: string };
export type Gallery = { hang(picture: Picture): void; pictures: readonly Picture[] };

export function openGallery(): Gallery {
  const pictures: Picture[] = [];
  return { pictures, hang: (picture) => void pictures.push(picture) };
}

type Look = { width: number; height: number; colorScheme: 'light' | 'dark' };
const PHONE = { width: 360, height: 780 };
const DESK = { width: 1280, height: 900 };

/** Each width and each scheme once: neither changes what the other does. */
const LOOKS: readonly Look[] = [
  { ...DESK, colorScheme: 'light' },
  { ...PHONE, colorScheme: 'dark' },
];

/** Where to leave screenshots of every page in every look, for eyes: BROWSER_SHOTS=folder. */
const SHOTS = process.env['BROWSER_SHOTS'] ?? '';
const SHOWN: readonly Look[] = SHOTS === '' ? LOOKS : [...LOOKS, { ...PHONE, colorScheme: 'light' }, { ...DESK, colorScheme: 'dark' }];

/**
 * What is wrong with the pages, on a phone and a desk, light and dark: violations of axe, things wider than the screen. They are shown again
 * in a context of their own where CSP is off, because axe has to be put into the page; the visitors saw them with CSP on.
 */
export async function criticise(browser: Browser, { pictures }: Gallery): Promise<string[]> {
  if (SHOTS !== '') mkdirSync(SHOTS, { recursive: true });
  return (await Promise.all(SHOWN.map((look) => inLook(browser, look, pictures)))).flat();
}

async function inLook(browser: Browser, look: Look, pictures: readonly Picture[]): Promise<string[]> {
  const { width, height, colorScheme } = look;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, bypassCSP: true, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const faults: string[] = [];
  for (const picture of pictures) {
    await page.route(picture.url, (route) => route.fulfill({ status: picture.status, headers: picture.headers, body: picture.html }));
    await page.goto(picture.url);
    await page.unroute(picture.url);
    if (SHOTS !== '') await page.screenshot({ path: join(SHOTS, `${picture.name}-${width}-${colorScheme}.png`), fullPage: true });
    const found = [...(await overflows(page)), ...(await axeSays(page, look))];
    faults.push(...found.map((fault) => `${picture.name} at ${width} px, ${colorScheme}: ${fault}`));
  }
  await context.close();
  return faults;
}

/** Run in the page: whatever makes it scroll sideways, or is cut off at its own edge. */
const WIDER = `[
  ...(document.documentElement.scrollWidth > innerWidth ? ['the page scrolls sideways'] : []),
  ...[...document.body.querySelectorAll('*')]
    .filter((one) => !one.closest('.hidden') && (one.getBoundingClientRect().right > innerWidth + 0.5 || one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline' && getComputedStyle(one).textOverflow !== 'ellipsis' && one.tagName !== 'INPUT'))
    .map((one) => 'too wide: ' + one.outerHTML.slice(0, 120)),
]`;

const overflows = (page: Page): Promise<string[]> => page.evaluate<string[]>(WIDER);

/** What the second look can change: colours and places. All other rules have been asked in the first, and axe is what takes the time here. */
const LOOK_RULES = `runOnly: ['color-contrast', 'target-size', 'scrollable-region-focusable', 'link-in-text-block'],`;

async function axeSays(page: Page, look: Look): Promise<string[]> {
  await page.evaluate(axe.source);
  // Where axe cannot tell what is behind a text, a person has to look: better to write pages where it can.
  // The letters of an organisation's mark are a logotype (WCAG 2 §1.4.3); their ink follows from its colour (doors/journey/pages/logo.ts).
  return page.evaluate<
    string[]
  >(`axe.run({ exclude: ['.logo'] }, { ${look === LOOKS[0] ? '' : LOOK_RULES} resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } })
    .then(({ violations, incomplete }) => [...violations, ...incomplete.filter(({ id }) => id === 'color-contrast')].flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => [id, html.slice(0, 160), (failureSummary ?? '').replaceAll('\\n', ' ').slice(0, 200)].join(' '))))`);
}
