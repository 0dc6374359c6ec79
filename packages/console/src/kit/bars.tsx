import type { Bar } from './bar.ts';

const [WIDTH, HEIGHT] = [720, 72];

/**
 * Counts over time, refusals in front. For eyes and the mouse: what it shows stands beside it in words, and what a click does can be done by fields.
 */
export function Bars({ bars, onPick }: { bars: readonly Bar[]; onPick?: (at: string) => void }) {
  const most = Math.max(1, ...bars.map(({ n }) => n));
  const step = WIDTH / Math.max(1, bars.length);
  const tall = (n: number): number => (n === 0 ? 0 : Math.max(2, (n / most) * HEIGHT));
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className="h-16 w-full" aria-hidden="true">
      {bars.map(({ at, n, refused }, index) => (
        <g key={at} {...(onPick === undefined ? {} : { className: 'cursor-pointer', onClick: () => onPick(at) })}>
          <title>{`${at.slice(0, 16).replace('T', ' ')}: ${n} entries, ${refused} refused`}</title>
          <rect x={index * step} width={step} y={0} height={HEIGHT} fill="transparent" />
          <rect x={index * step + 0.5} width={Math.max(0.5, step - 1)} y={HEIGHT - tall(n)} height={tall(n)} className="fill-accent/55" />
          <rect
            x={index * step + 0.5}
            width={Math.max(0.5, step - 1)}
            y={HEIGHT - tall(refused)}
            height={tall(refused)}
            className="fill-high"
          />
        </g>
      ))}
    </svg>
  );
}
