import { Word } from '../../ui/badge.tsx';
import { since } from '../../ui/time.tsx';

type Health = { status: string; sentence: string | null; since: number | null };

/** Since when nobody came for what waits: the hub tries nothing there, so that is all there is to say. */
export function waitsSince({ sentence, since: at }: Health): string {
  return `${sentence ?? 'It is behind.'}${at === null ? '' : ` So since ${since(at, Date.now())}.`}`;
}

/** How the other side does, and its sentence when it does not. */
export function Healthy({ health, instead }: { health: Health; instead?: string | undefined }) {
  const isBehind = health.status === 'behind';
  return (
    <>
      <Word of={instead ?? health.status} />
      {health.sentence === null ? null : (
        <p className={`text-[0.86rem] ${isBehind ? 'text-elevated' : 'text-high'}`}>{isBehind ? waitsSince(health) : health.sentence}</p>
      )}
    </>
  );
}
