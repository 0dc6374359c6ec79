import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { launch } from './chromium.ts';
import { criticise, openGallery } from './gallery.ts';
import type { Gallery } from './gallery.ts';
import { openVisitor } from './visitor.ts';
import type { Visitor } from './visitor.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';

export type Stage = {
  world: World;
  browser: Browser;
  gallery: Gallery;
  /** A new visitor, gone at the end of the test, which fails when the browser complained. */
  visitor(options?: BrowserContextOptions): Promise<Visitor>;
};

/** A hub and a browser for the tests of a block. */
export function onStage(): () => Stage {
  let world: World | undefined;
  let browser: Browser | undefined;
  const gallery = openGallery();
  const visitors: Visitor[] = [];
  beforeAll(async () => {
    [world, browser] = await Promise.all([openWorld(), launch()]);
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });
  afterEach(async () => {
    const problems = visitors.flatMap((visitor) => visitor.problems);
    for (const visitor of visitors.splice(0)) await visitor.close();
    expect(problems, 'the browser complained').toEqual([]);
  });
  return () => {
    if (world === undefined || browser === undefined) throw new Error('the stage is not set');
    const stage = { world, browser, gallery };
    return {
      ...stage,
      async visitor(options) {
        const visitor = await openVisitor(stage.browser, gallery, options);
        visitors.push(visitor);
        return visitor;
      },
    };
  };
}

/** Last test of a block: the pages that its tests kept. `names`: all of them, between spaces, so that none is forgotten quietly. */
export function testGallery(stage: () => Stage, names: string): void {
  test('every page it saw passes axe, light and dark, and fits a phone', { timeout: 300_000 }, async () => {
    const { browser, gallery } = stage();
    expect(gallery.pictures.map(({ name }) => name).toSorted()).toEqual(names.split(/\s+/).toSorted());
    expect(await criticise(browser, gallery)).toEqual([]);
  });
}
