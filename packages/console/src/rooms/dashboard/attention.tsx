import { Link } from '@tanstack/react-router';
import { useRead } from '../../api/use-read.ts';
import { Badge } from '../../ui/badge.tsx';
import { Failure, Loading } from '../../ui/notice.tsx';
import { mattersOf } from './matters.ts';

const EVERY = { every: 60_000 };
const SOME = { limit: 50 };

/** What somebody should look at, the most pressing first. What a session may not read is left out, and so says the list. */
export function Attention() {
  const hub = useRead('getHub', {}, EVERY);
  const unfreezes = useRead('getUnfreezes', { query: { state: 'waiting', ...SOME } }, EVERY);
  const sinks = useRead('getSinks', { query: { limit: 200 } }, EVERY);
  const credentials = useRead('getCredentials', { query: { state: 'failed', ...SOME } }, EVERY);
  const approvals = useRead('getApprovals', { query: { state: 'pending', ...SOME } }, EVERY);
  const shadow = useRead('getPoliciesShadow', {}, EVERY);
  const advice = useRead('getAdvice', { query: { limit: 20 } }, EVERY);
  const knocks = useRead('getKnocks', { query: SOME }, EVERY);
  const all = [hub, unfreezes, sinks, credentials, approvals, shadow, advice, knocks];
  if (all.every(({ isPending }) => isPending)) return <Loading lines={2} />;
  const unread = all.filter(({ error }) => error !== null);
  const [first] = unread;
  if (first !== undefined && unread.length === all.length) return <Failure error={first.error} />;
  const matters = mattersOf({
    hub: hub.data,
    unfreezes: unfreezes.data,
    sinks: sinks.data,
    credentials: credentials.data,
    approvals: approvals.data,
    shadow: shadow.data,
    advice: advice.data,
    knocks: knocks.data,
  });
  return (
    <>
      {matters.length === 0 ? <p className="text-soft">Nothing.</p> : null}
      <ul className="grid gap-2">
        {matters.map(({ id, tone, word, sentence, to, search }) => (
          <li key={id} className="flex min-w-0 items-baseline gap-2">
            <span className="shrink-0">
              <Badge tone={tone}>{word}</Badge>
            </span>
            <Link
              to={to}
              search={search ?? {}}
              title={sentence}
              className="line-clamp-2 min-h-[24px] min-w-0 text-ink underline decoration-line underline-offset-2 [overflow-wrap:anywhere]"
            >
              {sentence}
            </Link>
          </li>
        ))}
      </ul>
      {unread.length === 0 ? null : (
        <p className="mt-2 text-[0.86rem] text-soft">
          {unread.length} of {all.length} lists could not be read with your rights.
        </p>
      )}
    </>
  );
}
