import { html } from 'hono/html';
import { encode } from 'uqr';
import type { Html } from './page.ts';

/** A QR code as one path. Dark on light in both schemes, because not every camera reads the inverse. */
export function qrCode(text: string, label: string): Html {
  const { data, size } = encode(text, { ecc: 'M', border: 2 });
  const runs = data.flatMap((line, y) => runsOf(line).map(([x, length]) => `M${x} ${y}h${length}v1h-${length}z`));
  return html`<svg class="qr" viewBox="0 0 ${size} ${size}" role="img" aria-label="${label}" shape-rendering="crispEdges">
    <rect class="light" width="${size}" height="${size}" />
    <path class="dark" d="${runs.join('')}" />
  </svg>`;
}

/** Dark squares side by side, as where they begin and how many they are. */
function runsOf(line: readonly boolean[]): [number, number][] {
  return line.flatMap((dark, x): [number, number][] => {
    if (!dark || line[x - 1] === true) return [];
    const end = line.indexOf(false, x);
    return [[x, (end < 0 ? line.length : end) - x]];
  });
}
