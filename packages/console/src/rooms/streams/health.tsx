import { Word } from '../../ui/badge.tsx';

type Health = { status: string; sentence: string | null };

/** How the other side does, and its sentence when it does not. */
export function Healthy({ health, instead }: { health: Health; instead?: string | undefined }) {
  return (
    <>
      <Word of={instead ?? health.status} />
      {health.sentence === null ? null : <p className="text-[0.86rem] text-high">{health.sentence}</p>}
    </>
  );
}
