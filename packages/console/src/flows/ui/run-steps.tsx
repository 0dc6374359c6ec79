import type { JourneyEffect, Json } from '@writ/flow';
import { changedBetween, effectWords, eventWords, type Changed, type RunStep } from '../model/run.ts';
import { HINT } from './look.ts';

/** What happened so far, newest last: each step with what it changed, and all of the context before and after. */
export function RunSteps({ steps }: { steps: readonly RunStep[] }) {
  return (
    <ol className="grid gap-2" aria-label="Steps">
      {steps.map((step, at) => (
        <li key={at} className="rounded-md border border-line">
          <StepView step={step} number={at + 1} open={at === steps.length - 1} />
        </li>
      ))}
    </ol>
  );
}

function StepView({ step, number, open }: { step: RunStep; number: number; open: boolean }) {
  const { passed, effect, before, after, secrets, traffic } = step;
  const changes = changedBetween(before, after);
  return (
    <details open={open}>
      <summary className="cursor-pointer px-3 py-2 text-sm">
        <span className="font-semibold">
          {number}. {eventWords(step)}
        </span>
        <span className="block pl-5 text-xs break-words text-soft">
          {passed.map(({ node, branch }) => `${node} → ${branch}`).join(', ')}
          {passed.length > 0 ? ' · ' : ''}
          {effectWords(effect)}
        </span>
      </summary>
      <div className="grid gap-2 border-t border-line px-3 py-2">
        <Changes of={changes} />
        {secrets.length === 0 ? null : <p className={HINT}>Kept apart, sealed: {secrets.join(', ')}</p>}
        {traffic === undefined ? null : <Whole label="Traffic, without secrets" value={traffic} />}
        <Whole label="Context before" value={before} />
        <Whole label="Context after" value={after} />
      </div>
    </details>
  );
}

function Changes({ of }: { of: readonly Changed[] }) {
  if (of.length === 0) return <p className={HINT}>No name has another value.</p>;
  return (
    <table className="w-full table-fixed text-left font-mono text-xs">
      <thead className="sr-only">
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>
        {of.map(({ path, before, after }) => (
          <tr key={path} className="align-baseline">
            <th scope="row" className="w-2/5 py-0.5 pr-2 font-normal break-words">
              {path}
            </th>
            <td className="py-0.5 break-words">
              {before === undefined ? null : <del className="text-high">{JSON.stringify(before)} </del>}
              {after === undefined ? null : <span className="text-low">{JSON.stringify(after)}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Whole({ label, value }: { label: string; value: Json }) {
  return (
    <details>
      <summary className="cursor-pointer py-1 text-xs text-soft">{label}</summary>
      <pre tabIndex={0} className="mt-1 max-h-64 overflow-auto rounded bg-sunk p-2 font-mono text-xs">
        {JSON.stringify(value, undefined, 2)}
      </pre>
    </details>
  );
}

/** How the journey ended. */
export function RunEnd({ effect }: { effect: JourneyEffect }) {
  if (effect.kind === 'finish') {
    const { approval, claims, tenantId, proof } = effect.end;
    const scopes = approval === undefined ? [] : [...approval.identityScopes, ...approval.scopes];
    const facts: readonly (readonly [string, string])[] = [
      ['scopes', scopes.join(' ') || 'none'],
      ['acr', proof?.acr ?? 'none'],
      ['amr', proof?.amr.join(' ') ?? 'none'],
      ['tenant', tenantId ?? 'none'],
      ...Object.entries(claims).map(([name, value]) => [`claim ${name}`, JSON.stringify(value)] as const),
    ];
    return (
      <div role="status" className="rounded-md border border-low bg-low-wash p-3 text-sm">
        <p className="font-semibold text-low">The journey went through.</p>
        <dl className="mt-1 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 font-mono text-xs">
          {facts.map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-soft">{name}</dt>
              <dd className="break-words">{value}</dd>
            </div>
          ))}
        </dl>
      </div>
    );
  }
  if (effect.kind !== 'refuse') return null;
  const { error, reason, message } = effect.denial;
  return (
    <div role="status" className="rounded-md border border-high bg-high-wash p-3 text-sm">
      <p className="font-semibold text-high">The client hears {error}.</p>
      {message === undefined ? null : <p className="break-words">{message}</p>}
      <p className={HINT}>In the record: {reason}</p>
    </div>
  );
}
