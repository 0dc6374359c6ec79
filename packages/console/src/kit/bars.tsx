import type { Bar } from './bar.ts';
import { barsOver } from './bar.ts';

const [WIDTH, HEIGHT] = [720, 72];

function moment(at: string): string {
  return `${at.slice(5, 10)} ${at.slice(11, 16)}`;
}

/**
 * Counts over time, refusals in front. For eyes and the mouse: what it shows stands beside it in words, and what a click does can be done by fields.
 * `seconds`: how wide a bar is; what the hub leaves out, because nothing happened, is then drawn as nothing.
 */
export function Bars({ bars: given, seconds, onPick }: { bars: readonly Bar[]; seconds?: number; onPick?: (at: string) => void }) {
  const bars = seconds === undefined ? given : barsOver(given, seconds);
  const most = Math.max(1, ...bars.map(({ n }) => n));
  const step = WIDTH / Math.max(1, bars.length);
  const tall = (n: number): number => (n === 0 ? 0 : Math.max(2, (n / most) * HEIGHT));
  const [first, last] = [bars[0], bars.at(-1)];
  return (
    <div aria-hidden="true">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className="h-16 w-full">
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
      {first === undefined || last === undefined || first === last ? null : (
        <div className="mt-1 flex justify-between border-t border-line pt-0.5 font-mono text-[0.8rem] text-soft">
          <span>{moment(first.at)}</span>
          <span>most {most.toLocaleString('en')}</span>
          <span>{moment(last.at)}</span>
        </div>
      )}
    </div>
  );
}
