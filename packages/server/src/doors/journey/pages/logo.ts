import { html } from 'hono/html';
import type { Html } from '../../../base/browser/page.ts';
import type { Branding } from '../../../rooms/tenants/tenant.ts';

const OURS = '#22406b';

/**
 * A mark in the tenant's colour. The colour is an attribute of the drawing, not a style: the pages let in no style but their own. The letters are
 * defined once and drawn by reference, so that they are part of the drawing and no text of the page, which names the tenant beside it; that they
 * can be read on their ground is made sure of here ({@link inkOn}). `key`: tells marks of one page apart.
 */
export function logo({ color = OURS, logoText }: Branding, name: string, key: number): Html {
  const letters = (logoText ?? initials(name)).slice(0, 3);
  const id = `mark-${key}`;
  return html`<svg class="logo" viewBox="0 0 40 40" width="36" height="36" aria-hidden="true" focusable="false">
    <defs>
      <text id="${id}" x="20" y="20" dy=".36em" text-anchor="middle" font-size="${letters.length > 2 ? 13 : 16}" font-weight="600">
        ${letters}
      </text>
    </defs>
    <rect width="40" height="40" rx="9" fill="${color}" />
    <use href="#${id}" fill="${inkOn(color)}" />
  </svg>`;
}

/** Of one word its first two letters: a single one is too little to tell organisations apart. */
function initials(name: string): string {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? [];
  const [only = '', ...others] = words;
  const letters = others.length === 0 ? [...only] : words.map((word) => [...word][0] ?? '');
  return letters.slice(0, 2).join('').toUpperCase();
}

/** The ink that can be read on a ground, #rrggbb: by WCAG 2 relative luminance one of the two has 4.58:1 or more on any. */
export function inkOn(color: string): '#ffffff' | '#000000' {
  return luminance(color) > 0.179 ? '#000000' : '#ffffff';
}

export function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
