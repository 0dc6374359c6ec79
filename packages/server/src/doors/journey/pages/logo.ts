import { html } from 'hono/html';
import type { Html } from '../../../base/browser/page.ts';
import type { Branding } from '../../../rooms/tenants/tenant.ts';

const OURS = '#22406b';

/**
 * A mark in the tenant's colour. The colour is an attribute of the drawing, not a style: the pages let in no style but their own. White or black
 * letters, whichever can be read on it.
 */
export function logo({ color = OURS, logoText }: Branding, name: string): Html {
  const letters = (logoText ?? initials(name)).slice(0, 3);
  return html`<svg class="logo" viewBox="0 0 40 40" width="36" height="36" aria-hidden="true" focusable="false">
    <rect width="40" height="40" rx="9" fill="${color}" />
    <text
      x="20"
      y="20"
      dy=".36em"
      text-anchor="middle"
      font-size="${letters.length > 2 ? 13 : 16}"
      font-weight="600"
      fill="${inkOn(color)}"
    >
      ${letters}
    </text>
  </svg>`;
}

/** Of one word its first two letters: a single one is too little to tell organisations apart. */
function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = words.length === 1 ? [...(words[0] ?? '')] : words.map((word) => [...word][0] ?? '');
  return letters.slice(0, 2).join('').toUpperCase();
}

/** WCAG 2 relative luminance; above the middle black is further away than white. */
function inkOn(color: string): '#fff' | '#111' {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? '#111' : '#fff';
}
