import type { JourneyEffect, Json, Page } from '@writ/flow';
import { useState, type ReactNode } from 'react';
import { decided, signIn, type Offer, type RunAnswer, type RunFacts } from '../model/run.ts';
import { plainWord } from '../model/words.ts';
import { BUTTON, DANGER, HINT, INPUT, LABEL, PRIMARY } from './look.ts';

type Answering = (answers: readonly RunAnswer[]) => void;
type Props = { readonly effect: JourneyEffect; readonly facts: RunFacts; readonly offers: readonly Offer[]; readonly onAnswer: Answering };

/** What can be answered where the journey waits: by a person on a page, or in the place of a service. */
export function RunAnswerView({ effect, facts, offers, onAnswer }: Props) {
  if (effect.kind === 'callHttp') return <CallAnswer onAnswer={onAnswer} />;
  if (effect.kind === 'requestApproval') return <Decide onAnswer={(state) => onAnswer([{ kind: 'approvalStands', state }])} />;
  if (effect.kind !== 'show') return null;
  return <PageAnswer page={effect.page} facts={facts} offers={offers} onAnswer={onAnswer} />;
}

function PageAnswer({ page, facts, offers, onAnswer }: Omit<Props, 'effect'> & { page: Page }) {
  const say = (label: string, ...answers: readonly RunAnswer[]): ReactNode => (
    <button key={label} type="button" className={BUTTON} onClick={() => onAnswer(answers)}>
      {label}
    </button>
  );
  const cancel = (
    <button type="button" className={DANGER} onClick={() => onAnswer([{ kind: 'refused' }])}>
      Cancel
    </button>
  );
  switch (page.kind) {
    case 'account':
      return <Row>{[say('This account', { kind: 'accountKept' }), say('Another account', { kind: 'startOver' }), cancel]}</Row>;
    case 'identify':
      return <EmailAnswer onAnswer={onAnswer} cancel={cancel} />;
    case 'authenticate':
      return (
        <Row>
          {page.methods.map((method) => say(plainWord(method), signIn(method, page.factor, facts)))}
          {page.factor === 'second' ? say('Has no such factor', { kind: 'skipped' }) : null}
          {cancel}
        </Row>
      );
    case 'enrol':
      return (
        <Row>
          {page.methods.map((method) => say(`Sets up ${plainWord(method).toLowerCase()}`, { kind: 'enrolled', method }))}
          {page.optional ? say('Not now', { kind: 'skipped' }) : null}
          {cancel}
        </Row>
      );
    case 'tenant':
      return <Row>{[...page.tenants.map(({ id, name }) => say(name, { kind: 'tenantChosen', tenant: id })), cancel]}</Row>;
    case 'consent':
    case 'tenantConsent':
      return <ConsentAnswer key={offers.map(({ name }) => name).join(' ')} offers={offers} onAnswer={onAnswer} />;
    case 'screen':
      return <ScreenAnswer key={page.title} page={page} onAnswer={onAnswer} cancel={cancel} />;
    case 'connect':
      return (
        <Row>{[say('Connects', { kind: 'connected' }), page.optional ? say('Goes on without', { kind: 'skipped' }) : null, cancel]}</Row>
      );
    case 'waiting':
      return <Decide onAnswer={(state) => onAnswer(decided(state))} />;
    case 'denied':
      return <Row>{say('Back to the client', { kind: 'acknowledged' })}</Row>;
  }
}

function Row({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap gap-2">{children}</div>;
}

function Decide({ onAnswer }: { onAnswer: (state: 'given' | 'refused' | 'expired') => void }) {
  return (
    <Row>
      {(['given', 'refused', 'expired'] as const).map((state) => (
        <button key={state} type="button" className={BUTTON} onClick={() => onAnswer(state)}>
          The approval is {state}
        </button>
      ))}
    </Row>
  );
}

function EmailAnswer({ onAnswer, cancel }: { onAnswer: Answering; cancel: ReactNode }) {
  const [email, setEmail] = useState('');
  return (
    <form
      className="grid gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        onAnswer([{ kind: 'emailGiven', email }]);
      }}
    >
      <label className={LABEL}>
        E-mail address
        <input
          className={`${INPUT} mt-1 font-normal`}
          type="email"
          required
          value={email}
          onChange={({ target }) => setEmail(target.value)}
        />
      </label>
      <Row>
        <button type="submit" className={PRIMARY}>
          Continue
        </button>
        {cancel}
      </Row>
    </form>
  );
}

function ConsentAnswer({ offers, onAnswer }: { offers: readonly Offer[]; onAnswer: Answering }) {
  const [without, setWithout] = useState<readonly string[]>([]);
  const allowed = offers.filter(({ name, offered, required }) => offered && (required || !without.includes(name))).map(({ name }) => name);
  return (
    <div className="grid gap-2">
      <fieldset className="grid gap-1">
        <legend className={`${LABEL} mb-1`}>Offered</legend>
        {offers.map(({ name, title, risk, required, offered }) => (
          <label key={name} className={`flex items-baseline gap-2 text-sm ${offered ? '' : 'text-soft'}`}>
            <input
              type="checkbox"
              className="size-4 translate-y-0.5 accent-accent"
              disabled={!offered || required}
              checked={allowed.includes(name)}
              onChange={({ target }) => setWithout(target.checked ? without.filter((one) => one !== name) : [...without, name])}
            />
            <span className="min-w-0 break-words">
              {title} <code className="font-mono text-xs text-soft">{name}</code>
              {offered ? ` · ${risk}` : ' · policy would not grant it'}
            </span>
          </label>
        ))}
      </fieldset>
      <Row>
        <button
          type="button"
          className={PRIMARY}
          onClick={() =>
            onAnswer([offers.length > 0 && allowed.length === 0 ? { kind: 'nothingChosen' } : { kind: 'allowed', scopes: allowed }])
          }
        >
          Allow
        </button>
        <button type="button" className={DANGER} onClick={() => onAnswer([{ kind: 'refused' }])}>
          Deny
        </button>
      </Row>
    </div>
  );
}

type ScreenPage = Extract<Page, { kind: 'screen' }>;

function ScreenAnswer({ page, onAnswer, cancel }: { page: ScreenPage; onAnswer: Answering; cancel: ReactNode }) {
  const [values, setValues] = useState<Readonly<Record<string, Json>>>({});
  const set = (name: string, value: Json): void => setValues({ ...values, [name]: value });
  return (
    <div className="grid gap-2">
      {page.fields.map(({ name, label, type, choices = [] }) => (
        <label key={name} className={LABEL}>
          {label}
          {type === 'checkbox' ? (
            <input type="checkbox" className="ml-2 size-4 accent-accent" onChange={({ target }) => set(name, target.checked)} />
          ) : type === 'choice' ? (
            <select className={`${INPUT} mt-1 font-normal`} defaultValue="" onChange={({ target }) => set(name, target.value)}>
              <option value="">choose</option>
              {choices.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          ) : (
            <input className={`${INPUT} mt-1 font-normal`} type={type} onChange={({ target }) => set(name, target.value)} />
          )}
        </label>
      ))}
      <Row>
        {page.buttons.map(({ name, label }) => (
          <button key={name} type="button" className={BUTTON} onClick={() => onAnswer([{ kind: 'submitted', button: name, values }])}>
            {label}
          </button>
        ))}
        {cancel}
      </Row>
    </div>
  );
}

/** What a service would answer, said by hand. */
function CallAnswer({ onAnswer }: { onAnswer: Answering }) {
  const [status, setStatus] = useState('200');
  const [body, setBody] = useState('{}');
  const parsed = jsonIn(body);
  return (
    <div className="grid gap-2">
      <div className="grid grid-cols-[6rem_minmax(0,1fr)] gap-2">
        <label className={LABEL}>
          Status
          <input
            className={`${INPUT} mt-1 font-normal`}
            type="number"
            min={100}
            max={599}
            value={status}
            onChange={({ target }) => setStatus(target.value)}
          />
        </label>
        <label className={LABEL}>
          Body (JSON)
          <textarea
            className={`${INPUT} mt-1 field-sizing-content min-h-8 resize-none font-mono text-xs font-normal`}
            value={body}
            spellCheck={false}
            aria-invalid={parsed === undefined}
            onChange={({ target }) => setBody(target.value)}
          />
        </label>
      </div>
      {parsed === undefined ? <p className={HINT}>This is no JSON: it is sent as a text.</p> : null}
      <Row>
        <button
          type="button"
          className={PRIMARY}
          onClick={() => onAnswer([{ kind: 'answered', status: Number(status), body: parsed ?? body }])}
        >
          It answers so
        </button>
        <button type="button" className={BUTTON} onClick={() => onAnswer([{ kind: 'failed', reason: 'timeout' }])}>
          It does not answer in time
        </button>
      </Row>
    </div>
  );
}

function jsonIn(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
