import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** A person with a keyboard and nothing else. */
export type Keys = {
  press(key: string): Promise<void>;
  type(text: string): Promise<void>;
  /** Tab until what has the focus is called so. */
  tabTo(name: string, of?: { role?: string }): Promise<void>;
  /** In the menu that has the focus, or that Tab leads to, the option that begins so. */
  choose(menu: string, option: string): Promise<void>;
};

/** What has the focus, as it would be called: by its label, its aria-label or its text. */
const NAME = `(() => {
  const one = document.activeElement;
  if (one === null || one === document.body) return '';
  const label = one.getAttribute('aria-label') ?? (one.labels?.length ? one.labels[0].textContent : one.textContent);
  return (label ?? '').replace(/\\s+/g, ' ').trim();
})()`;
const ROLE = `document.activeElement?.getAttribute('role') ?? ''`;

/** How long a person would go on pressing Tab while a page is still being put together. */
const PATIENCE_MS = 60_000;
const A_ROUND = 150;

export function keys(page: Page): Keys {
  const press = (key: string): Promise<void> => page.keyboard.press(key);
  const tabTo: Keys['tabTo'] = async (name, { role } = {}) => {
    const met: string[] = [];
    const until = performance.now() + PATIENCE_MS;
    for (let turn = 1; performance.now() < until; turn += 1) {
      if (turn % A_ROUND === 0) await page.waitForTimeout(250);
      const [now, as] = [await page.evaluate<string>(NAME), await page.evaluate<string>(ROLE)];
      if (isCalled(now, name) && (role === undefined || as === role)) return;
      met.push(now);
      await press('Tab');
    }
    throw new Error(`Tab leads to nothing called ${name}, but to ${[...new Set(met)].join(' | ')}`);
  };
  return {
    press,
    type: (text) => page.keyboard.type(text),
    tabTo,
    async choose(menu, option) {
      await tabTo(menu);
      // Letters choose in a menu, as they do everywhere.
      await page.keyboard.type(option);
    },
  };
}

function isCalled(now: string, name: string): boolean {
  return now === name || now.startsWith(`${name} `) || now.startsWith(`${name}…`);
}

const SHOTS = process.env['BROWSER_SHOTS'] ?? '';

/** What another width or scheme can change about a page that was asked everything before: colours and places. */
const LOOK_RULES = `runOnly: ['color-contrast', 'target-size', 'scrollable-region-focusable', 'link-in-text-block'],`;

/** Violations of axe, and whether the page scrolls sideways. Leaves a picture where BROWSER_SHOTS names a folder. */
export async function criticisePage(page: Page, name: string, asked: 'everything' | 'look' = 'everything'): Promise<string[]> {
  if (SHOTS !== '') {
    mkdirSync(SHOTS, { recursive: true });
    await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  }
  await page.evaluate(axe.source);
  const wide = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth');
  const found = await page.evaluate<
    string[]
  >(`axe.run(document, { ${asked === 'look' ? LOOK_RULES : ''} resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } })
    .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) =>
      [id, html.slice(0, 160), (failureSummary ?? '').replaceAll('\\n', ' ').slice(0, 200)].join(' '))))`);
  return [...(wide ? ['scrolls sideways'] : []), ...found].map((fault) => `${name}: ${fault}`);
}
