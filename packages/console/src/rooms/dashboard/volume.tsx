import { useState } from 'react';
import { useRead } from '../../api/use-read.ts';
import { Failure, Loading } from '../../ui/notice.tsx';
import { Bars } from '../../kit/bars.tsx';
import { Card } from '../../kit/page.tsx';
import { filled } from './hours.ts';

const DAY_MS = 24 * 3_600_000;

/** Tokens asked for in the last day, hour by hour: issued, and refused in front. Drawn, and in a sentence for who cannot see it. */
export function Volume() {
  // Kept for the life of the page: a span that moves with every look would be asked anew each time.
  const [since] = useState(() => new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - DAY_MS + 3_600_000).toISOString());
  const issued = useRead('getEventsFacets', { query: { type: 'token.issued', since } }, { every: 60_000 });
  const exchanged = useRead('getEventsFacets', { query: { type: 'token.exchanged', since } }, { every: 60_000 });
  const refused = useRead('getEventsFacets', { query: { type: 'token.refused', since } }, { every: 60_000 });
  const failure = [issued, exchanged, refused].find(({ error }) => error !== null)?.error;
  if (failure !== undefined && failure !== null) return <Failure error={failure} />;
  if (issued.data === undefined || exchanged.data === undefined || refused.data === undefined) return <Loading lines={3} />;
  const hours = filled(since, [...issued.data.histogram.bars, ...exchanged.data.histogram.bars], refused.data.histogram.bars);
  const [all, no] = [hours.reduce((sum, { n }) => sum + n, 0), hours.reduce((sum, { refused: of }) => sum + of, 0)];
  return (
    <Card>
      <Bars bars={hours} />
      <p className="mt-2 text-[0.9rem] text-soft">
        {all.toLocaleString('en')} requests for tokens in 24 hours, {no.toLocaleString('en')} of them refused
        {all === 0 ? '' : `, most in the hour from ${busiest(hours)} UTC`}.
      </p>
    </Card>
  );
}

function busiest(hours: ReturnType<typeof filled>): string {
  return hours.reduce((most, hour) => (hour.n > most.n ? hour : most)).at.slice(11, 16);
}
