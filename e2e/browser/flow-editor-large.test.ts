import process from 'node:process';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { inBrowser } from './chromium.ts';
import { onStage } from './stage.ts';

const NODES = 200;

/** As many nodes as any flow may hope for: conditions that split and meet again, with calls and claims between. */
function largeFlow(): object {
  const nodes: object[] = [
    { id: 'identify', kind: 'identify' },
    { id: 'signIn', kind: 'authenticate', methods: ['password'] },
  ];
  const edges: object[] = [{ from: 'identify', to: 'signIn' }];
  let before = 'signIn';
  for (let at = 0; nodes.length < NODES - 4; at += 1) {
    const [split, call, claims] = [`split${String(at)}`, `call${String(at)}`, `claims${String(at)}`];
    nodes.push(
      { id: split, kind: 'condition', branches: [{ name: 'high', when: `request.risk == "high" && user.email != "${String(at)}"` }] },
      {
        id: call,
        kind: 'http',
        url: `https://api.example/${String(at)}/{{user.id}}`,
        timeout: 2000,
        outputs: { tier: { from: 'response.body.tier' } },
      },
      { id: claims, kind: 'setClaims', claims: { [`claim${String(at)}`]: 'request.risk' } },
    );
    edges.push(
      { from: before, to: split },
      { from: split, branch: 'high', to: call },
      { from: split, branch: 'otherwise', to: claims },
      { from: call, to: claims },
      { from: call, branch: 'failed', to: claims },
    );
    before = claims;
  }
  nodes.push({ id: 'consent', kind: 'consent' }, { id: 'done', kind: 'complete' });
  edges.push({ from: before, to: 'consent' }, { from: 'consent', to: 'done' });
  for (let at = nodes.length; at < NODES; at += 1) {
    nodes.push({ id: `no${String(at)}`, kind: 'deny' });
    edges.push({ from: 'consent', branch: at % 2 === 0 ? 'refused' : 'stronger', to: `no${String(at)}` });
  }
  return { id: 'large', name: 'Two hundred nodes', purpose: 'authorize', start: 'identify', nodes, edges };
}

type Watched = {
  /** Times between frames, in milliseconds: whatever else the machine did is in them. */
  frames: number[];
  /** Processor time of the page's main thread, in milliseconds. */
  cpu: number;
  /** How many faces of nodes changed. */
  faces: number;
};

/** What the browser does while something is done. */
async function framesOf(page: Page, doing: () => Promise<void>): Promise<Watched> {
  const browser = await page.context().newCDPSession(page);
  await browser.send('Performance.enable', { timeDomain: 'threadTicks' });
  const spent = async (): Promise<number> => {
    const { metrics } = await browser.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000;
  };
  const before = await spent();
  await page.evaluate(`(() => {
    const seen = { frames: [], faces: new Set(), going: true };
    globalThis.watched = seen;
    new MutationObserver((all) => all.forEach(({ target }) => {
      const face = (target.nodeType === 1 ? target : target.parentElement)?.closest('.face');
      if (face) seen.faces.add(face.dataset.node);
    })).observe(document.querySelector('.canvas'), { subtree: true, childList: true, attributes: true, characterData: true });
    let last = performance.now();
    const tick = (now) => { seen.frames.push(now - last); last = now; if (seen.going) requestAnimationFrame(tick); };
    requestAnimationFrame(tick);
  })()`);
  await doing();
  const cpu = (await spent()) - before;
  await browser.detach();
  const seen = await page.evaluate<{ frames: number[]; faces: number }>(`(() => {
    watched.going = false;
    return { frames: watched.frames.slice(1), faces: watched.faces.size };
  })()`);
  return { ...seen, cpu };
}

function tell(what: string, { frames, cpu }: Watched): void {
  const sorted = frames.toSorted((one, other) => one - other);
  const at = (part: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1);
  process.stdout.write(
    `editor, ${String(NODES)} nodes, ${what}: ${String(frames.length)} frames, median ${at(0.5)} ms, p95 ${at(0.95)} ms, longest ${at(1)} ms; ${(cpu / Math.max(1, frames.length)).toFixed(1)} ms of processor each\n`,
  );
}

inBrowser('the editor with a large flow', () => {
  const stage = onStage();

  test('moves boxes and the canvas, and draws only anew what has changed', async () => {
    const { world, visitor } = stage();
    expect((await world.hub.admin('PUT', 'flows/large', largeFlow())).status).toBe(201);
    const { page } = await visitor({ viewport: { width: 1600, height: 1000 } });
    const { link } = await world.made('users/ann/console-link');
    await page.goto(String(link));
    await Promise.all([page.waitForURL(/\/console\/?$/), page.locator('button[name="action"][value="continue"]').click()]);
    await page.goto(`${world.hub.issuer}/console/flows/large`);
    await page.locator('[data-node=identify]').waitFor();
    await page.getByRole('button', { name: 'Fit View' }).click();
    await page.locator('[data-node=done]').waitFor();
    await expect.poll(() => page.locator('[data-node]').count()).toBe(NODES);

    const pane = await page.locator('.react-flow__pane').boundingBox();
    if (pane === null) throw new Error('no canvas');
    const [x, y] = [pane.x + pane.width / 2, pane.y + pane.height * 0.9];
    const panned = await framesOf(page, async () => {
      await page.mouse.move(x, y);
      await page.mouse.down();
      for (let step = 0; step < 60; step += 1) await page.mouse.move(x + Math.sin(step / 6) * 200, y - step * 2);
      await page.mouse.up();
    });
    tell('panning, all in sight', panned);
    expect(panned.faces).toBe(0);

    for (let turn = 0; turn < 6; turn += 1) await page.getByRole('button', { name: 'Zoom In' }).click();
    const face = page.locator('[data-node]:visible').nth(3);
    await face.scrollIntoViewIfNeeded();
    const box = await face.boundingBox();
    if (box === null) throw new Error('no node');
    const dragged = await framesOf(page, async () => {
      await page.mouse.move(box.x + box.width / 2, box.y + 12);
      await page.mouse.down();
      for (let step = 0; step < 60; step += 1)
        await page.mouse.move(box.x + box.width / 2 + step * 2, box.y + 12 + Math.sin(step / 5) * 60);
      await page.mouse.up();
    });
    tell('dragging a box', dragged);
    await page.getByText('not saved', { exact: true }).waitFor();

    await page.getByRole('tab', { name: 'Node' }).click();
    const typed = await framesOf(page, async () => {
      await page.getByLabel('Name', { exact: true }).first().focus();
      await page.keyboard.type('What this box is called now', { delay: 20 });
    });
    tell('typing its name', typed);
    expect(typed.faces).toBeLessThanOrEqual(4);
  });
});
