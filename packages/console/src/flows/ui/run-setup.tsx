import { useState } from 'react';
import { Play } from 'lucide-react';
import type { RunFacts } from '../model/run.ts';
import { clientToRun, missingLogin } from '../model/sign-in.ts';
import type { Listed, Surroundings } from './hub.ts';
import { HEADING, HINT, INPUT, LABEL, PRIMARY } from './look.ts';

type Props = {
  readonly around: Surroundings;
  readonly busy: boolean;
  readonly mayCall: boolean;
  readonly blocked: string;
  readonly onRun: (facts: RunFacts, live: boolean) => void;
};

/** The made-up request: who asks, for what, who sits at the browser. */
export function RunSetup({ around, busy, mayCall, blocked, onRun }: Props) {
  const [client, setClient] = useState(clientToRun(around.clients));
  const [resource, setResource] = useState(around.resources[0]?.id ?? '');
  const [without, setWithout] = useState<readonly string[]>([]);
  const [user, setUser] = useState(around.users[0]?.id ?? '');
  const [session, setSession] = useState('');
  const [tenant, setTenant] = useState('');
  const [live, setLive] = useState(false);
  const missing = missingLogin(around.clients, client);
  const offered = around.scopes[resource] ?? [];
  const scopes = offered.map(({ id }) => id).filter((id) => !without.includes(id));
  const facts: RunFacts = {
    ...(client === '' ? {} : { client }),
    ...(resource === '' ? {} : { resource }),
    ...(user === '' ? {} : { user }),
    ...(session === '' || user === '' ? {} : { session: { by: session.split(' ') } }),
    ...(tenant === '' ? {} : { tenant }),
    scopes,
  };
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        onRun(facts, live);
      }}
    >
      <h2 className={HEADING}>The request</h2>
      <div className="grid grid-cols-2 gap-3">
        <Choice label="Client" value={client} all={around.clients} onChange={setClient} />
        <Choice label="Resource" value={resource} all={around.resources} onChange={setResource} />
        <Choice label="User" value={user} all={around.users} onChange={setUser} />
        <Choice label="Tenant it names" value={tenant} all={around.tenants} onChange={setTenant} />
      </div>
      {missing === undefined ? null : <p className="text-xs break-words text-elevated">{missing}</p>}
      <label className={LABEL}>
        Session of the browser
        <select className={`${INPUT} mt-1 font-normal`} value={session} onChange={({ target }) => setSession(target.value)}>
          <option value="">Nobody is signed in</option>
          <option value="password">Signed in by password</option>
          <option value="password totp">Signed in by password and authenticator app</option>
          <option value="passkey">Signed in by passkey</option>
        </select>
      </label>
      {offered.length === 0 ? null : (
        <fieldset className="grid min-w-0 gap-1">
          <legend className={`${LABEL} mb-1`}>Scopes it asks for</legend>
          {offered.map(({ id, name }) => (
            <label key={id} className="flex items-baseline gap-2 text-sm">
              <input
                type="checkbox"
                className="size-4 translate-y-0.5 accent-accent"
                checked={!without.includes(id)}
                onChange={({ target }) => setWithout(target.checked ? without.filter((one) => one !== id) : [...without, id])}
              />
              <span className="min-w-0 break-words">
                <code className="font-mono text-xs">{id}</code> <span className="text-soft">{name}</span>
              </span>
            </label>
          ))}
        </fieldset>
      )}
      {mayCall ? (
        <label className="flex items-baseline gap-2 text-sm">
          <input
            type="checkbox"
            className="size-4 translate-y-0.5 accent-accent"
            checked={live}
            onChange={({ target }) => setLive(target.checked)}
          />
          <span>
            Really call services <span className={HINT}>(else you say what they answer; each real call is an entry in the record)</span>
          </span>
        </label>
      ) : null}
      {blocked === '' ? null : <p className="text-xs text-high">{blocked}</p>}
      <button type="submit" className={`${PRIMARY} justify-self-start`} disabled={busy || blocked !== ''}>
        <Play size={14} aria-hidden="true" /> {busy ? 'Running…' : 'Run'}
      </button>
      <p className={HINT}>Runs what is drawn, saved or not, by the same code as real journeys. Nothing is kept and nobody gets a token.</p>
    </form>
  );
}

function Choice({ label, value, all, onChange }: { label: string; value: string; all: readonly Listed[]; onChange: (id: string) => void }) {
  return (
    <label className={`${LABEL} min-w-0`}>
      {label}
      <select className={`${INPUT} mt-1 font-normal`} value={value} onChange={({ target }) => onChange(target.value)}>
        <option value="">none</option>
        {all.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
