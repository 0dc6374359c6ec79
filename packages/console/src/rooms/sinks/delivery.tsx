import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../../api/client.ts';
import { Refused } from '../../api/refused.ts';
import { useRead, type Value } from '../../api/use-read.ts';
import { Word } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Failure, Notice } from '../../ui/notice.tsx';
import { since, Time } from '../../ui/time.tsx';
import { Facts, Section } from '../../kit/page.tsx';
import { lagOf } from './lag.ts';
import { DeadLetters } from './dead-letters.tsx';

export type Sink = Value<'getSinksById'>;

/** How it goes: what it got, what waits and for how long, and what it says when it fails. */
function Progress({ of }: { of: Sink }) {
  const { health, state } = of;
  const lag = lagOf(of, Date.now());
  return (
    <div className="grid gap-3">
      {health.status === 'healthy' ? null : (
        <Notice tone="bad" role="status">
          {health.sentence ?? 'It fails.'} {health.failures.toLocaleString('en')} {health.failures === 1 ? 'try' : 'tries'} failed
          {health.since === null ? '' : ` since ${since(health.since, Date.now())}`}
          {health.retryAt === null ? '' : `; the next is ${since(health.retryAt, Date.now())}`}. Nothing is lost meanwhile.
        </Notice>
      )}
      <Facts
        of={[
          ['State', <Word key="state" of={state === 'paused' ? 'paused' : health.status} />],
          ['Delivered', of.delivered.toLocaleString('en')],
          ['Last delivery', <Time key="last" at={of.deliveredAt} />],
          ['Waiting', of.pending.toLocaleString('en')],
          ['Behind by', lag ?? 'nothing'],
          ['Dead letters', of.deadLetters.toLocaleString('en')],
          ['Secret', of.hasSecret ? 'kept' : 'none'],
        ]}
      />
    </div>
  );
}

/** Sends a test entry now, past all that waits, and says what the other side answered. */
function Test({ id }: { id: string }) {
  const [told, setTold] = useState<Value<'postSinksByIdTest'>>();
  const [failed, setFailed] = useState<Refused>();
  const [busy, setBusy] = useState(false);
  const queries = useQueryClient();
  const run = async (): Promise<void> => {
    setBusy(true);
    const answer = await ask('postSinksByIdTest', { path: { id } });
    setTold(answer.ok ? answer.value : undefined);
    setFailed(answer.ok ? undefined : new Refused(answer.problem, answer.requestId));
    setBusy(false);
    await queries.invalidateQueries();
  };
  return (
    <div className="grid justify-items-start gap-3">
      <Button disabled={busy} onClick={() => void run()}>
        {busy ? 'Sending …' : 'Send a test entry'}
      </Button>
      {failed === undefined ? null : <Failure error={failed} />}
      {told === undefined ? null : (
        <Notice tone={told.ok ? 'good' : 'bad'} role="status">
          {told.sentence}
        </Notice>
      )}
    </div>
  );
}

const FROM = [
  ['since', 'from a time on'],
  ['beginning', 'from the beginning'],
] as const;

/** Delivers again from a point. Nothing is ever left out, so whatever listens hears some entries twice, by the same ids. */
function Replay({ id }: { id: string }) {
  const [open, setOpen] = useState(false);
  const [from, setFrom] = useState('since');
  const [at, setAt] = useState('');
  const [failed, setFailed] = useState<Refused>();
  const [moved, setMoved] = useState<Value<'postSinksByIdReplay'>>();
  const queries = useQueryClient();
  const run = async (): Promise<void> => {
    const answer = await ask('postSinksByIdReplay', {
      path: { id },
      body: from === 'beginning' ? { from: 'beginning' } : { since: at.trim() },
    });
    setFailed(answer.ok ? undefined : new Refused(answer.problem, answer.requestId));
    if (!answer.ok) return;
    setMoved(answer.value);
    setOpen(false);
    await queries.invalidateQueries();
  };
  return (
    <div className="grid justify-items-start gap-3">
      <Button onClick={() => setOpen(true)}>Deliver again</Button>
      {moved === undefined ? null : (
        <Notice tone="good" role="status">
          {moved.entries.toLocaleString('en')} entries of {moved.chains.toLocaleString('en')} {moved.chains === 1 ? 'chain' : 'chains'} are
          delivered again.
        </Notice>
      )}
      <Dialog open={open} onClose={() => setOpen(false)} title="Deliver again">
        <form
          className="grid gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            void run();
          }}
        >
          <p>What it has already comes once more, under the same ids: whoever receives it can tell.</p>
          <SelectField label="Which entries" value={from} options={FROM} onChange={(event) => setFrom(event.target.value)} />
          {from === 'beginning' ? null : (
            <TextField label="From (UTC)" placeholder="2026-01-31T12:00:00Z" value={at} onChange={(event) => setAt(event.target.value)} />
          )}
          {failed === undefined ? null : <Failure error={failed} />}
          <Button type="submit" look="primary" className="justify-self-end" disabled={from === 'since' && at.trim() === ''}>
            Deliver again
          </Button>
        </form>
      </Dialog>
    </div>
  );
}

/** How a sink does: read again while one looks. */
export function Delivery({ of }: { of: Sink }) {
  const fresh = useRead('getSinksById', { path: { id: of.id } }, { every: 10_000 }).data ?? of;
  return (
    <>
      <Section title="How it goes">
        <Progress of={fresh} />
      </Section>
      <Section title="Try it">
        <div className="flex flex-wrap gap-3">
          <Test id={of.id} />
          <Replay id={of.id} />
        </div>
      </Section>
      <Section title="Dead letters">
        <DeadLetters sink={of.id} />
      </Section>
    </>
  );
}
