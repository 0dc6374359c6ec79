import type { Value } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { Notice } from '../../ui/notice.tsx';
import { ObjectLink } from '../../kit/object-link.tsx';
import { Card } from '../../kit/page.tsx';

type Simulated = Value<'postPoliciesSimulate'>;
type Verdict = Simulated['decision'];

function Rules({ of }: { of: readonly string[] }) {
  if (of.length === 0) return <span className="text-soft">none</span>;
  return (
    <span className="inline-flex flex-wrap gap-x-2">
      {of.map((id) => (
        <ObjectLink key={id} room="policies" id={id} />
      ))}
    </span>
  );
}

function sentencesIn(explanation: Record<string, unknown>): readonly { scope: string; granted: boolean; sentence: string }[] {
  const scopes = explanation['scopes'];
  if (!Array.isArray(scopes)) return [];
  return scopes.flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null || !('scope' in one) || !('sentence' in one)) return [];
    return [{ scope: String(one.scope), granted: 'granted' in one && one.granted === true, sentence: String(one.sentence) }];
  });
}

export function Sentences({ explanation }: { explanation: Record<string, unknown> }) {
  return (
    <ul className="grid gap-1.5">
      {sentencesIn(explanation).map(({ scope, granted, sentence }) => (
        <li key={scope} className="flex flex-wrap items-baseline gap-2">
          <Word of={granted ? 'allow' : 'deny'} />
          <code className="text-[0.9rem]">{scope}</code>
          <span className="min-w-0 [overflow-wrap:anywhere]">{sentence}</span>
        </li>
      ))}
    </ul>
  );
}

function changeBetween(now: Verdict, then: Verdict): string {
  const gained = then.granted.filter((scope) => !now.granted.includes(scope));
  const lost = now.granted.filter((scope) => !then.granted.includes(scope));
  if (gained.length + lost.length === 0) return 'The same as under the policies in force.';
  const parts = [gained.length === 0 ? '' : `would gain ${gained.join(', ')}`, lost.length === 0 ? '' : `would lose ${lost.join(', ')}`];
  return `Against the policies in force it ${parts.filter(Boolean).join(' and ')}.`;
}

/** What policy says to a made-up request, why, and what else would stand in the way. */
export function VerdictView({ of }: { of: Simulated }) {
  const { decision, explanation, unknown, beyond, current } = of;
  return (
    <div className="grid gap-3" role="status" aria-label="Outcome">
      <Card>
        <p className="mb-2 flex flex-wrap items-center gap-2">
          <Word of={decision.outcome} />
          <span>
            decided by <Rules of={decision.rules} />
          </span>
        </p>
        <Sentences explanation={explanation} />
        {decision.requirements.length === 0 ? null : (
          <p className="mt-2">
            Needed besides, by <Rules of={[...new Set(decision.requirements.map(({ rule }) => rule))]} />
          </p>
        )}
      </Card>
      {current === null ? null : <Notice>{changeBetween(current, decision)}</Notice>}
      {explanation.missing.length === 0 ? null : <Notice tone="care">Not known of this request: {explanation.missing.join(', ')}</Notice>}
      {unknown.length === 0 ? null : <Notice tone="care">The hub does not know: {unknown.join(', ')}</Notice>}
      {beyond.length === 0 ? null : <Notice tone="care">Beyond policy, in the way of a token: {beyond.join('; ')}</Notice>}
    </div>
  );
}
