import { useMutation } from '@tanstack/react-query';
import { GRANTS } from '@writ/policy';
import { useState } from 'react';
import { read } from '../../api/client.ts';
import { useRead } from '../../api/use-read.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Failure } from '../../ui/notice.tsx';
import { PageHead } from '../../kit/page.tsx';
import type { Fields } from '../../kit/text-draft.ts';
import { EMPTY, requestOf, scenarioComplete, type Scenario } from './scenario.ts';
import { VerdictView } from './verdict.tsx';
import { WordsField } from '../../ui/words-field.tsx';

/** Ids that exist, offered while one types. */
function useIds() {
  const clients = useRead('getClients', { query: { limit: 200 } });
  const users = useRead('getUsers', { query: { limit: 200 } });
  const resources = useRead('getResources', { query: { limit: 200 } });
  const connections = useRead('getConnections', { query: { limit: 200 } });
  const ids = (of: { items: readonly { id: string }[] } | undefined): string[] => of?.items.map(({ id }) => id) ?? [];
  return {
    client: ids(clients.data),
    user: ids(users.data),
    resource: ids(resources.data),
    connection: ids(connections.data),
    resources: resources.data?.items ?? [],
  };
}

function Options({ id, of }: { id: string; of: readonly string[] }) {
  return (
    <datalist id={id}>
      {of.map((one) => (
        <option key={one} value={one} />
      ))}
    </datalist>
  );
}

function ScenarioFields({ value, onChange }: { value: Scenario; onChange: (next: Scenario) => void }) {
  const ids = useIds();
  const scopes = ids.resources.find(({ id }) => id === value.target)?.scopes.map(({ name }) => name) ?? [];
  const text = (name: 'client' | 'user' | 'tenant' | 'target', label: string, list?: string) => (
    <TextField
      label={label}
      list={list}
      value={value[name]}
      onChange={(event) => onChange({ ...value, [name]: event.target.value.trim() })}
    />
  );
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Options id="known-clients" of={ids.client} />
      <Options id="known-users" of={ids.user} />
      <Options id="known-targets" of={value.kind === 'resource' ? [...ids.resource, 'writ-admin'] : ids.connection} />
      {text('client', 'Client', 'known-clients')}
      {text('user', 'User, if one is there', 'known-users')}
      <SelectField
        label="Reaching a"
        value={value.kind}
        options={['resource', 'connection']}
        onChange={(event) => onChange({ ...value, kind: event.target.value === 'connection' ? 'connection' : 'resource' })}
      />
      {text('target', value.kind === 'resource' ? 'Resource' : 'Connection', 'known-targets')}
      <SelectField
        label="Grant"
        value={value.grant}
        options={GRANTS}
        onChange={(event) => onChange({ ...value, grant: event.target.value })}
      />
      {text('tenant', 'Tenant, if one is chosen')}
      <div className="sm:col-span-2">
        <WordsField
          label="Scopes asked for"
          hint={scopes.length === 0 ? 'None: the target as a whole.' : `There are ${scopes.join(', ')}. None: the target as a whole.`}
          value={value.scopes}
          onWords={(words) => onChange({ ...value, scopes: words })}
        />
      </div>
    </div>
  );
}

/** Puts a made-up request to the engine of the hub; with `draft`, as if that rule were in force. */
export function Simulator({ draft }: { draft?: Fields | undefined }) {
  const [scenario, setScenario] = useState(EMPTY);
  const run = useMutation({
    mutationFn: () => {
      const body = { ...requestOf(scenario), ...(draft === undefined ? {} : { draft: { put: [draft] } }) };
      return read('postPoliciesSimulate', { body });
    },
  });
  return (
    <div className="grid items-start gap-6 xl:grid-cols-2">
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          run.mutate();
        }}
      >
        <ScenarioFields value={scenario} onChange={setScenario} />
        <Button type="submit" look="primary" className="justify-self-start" disabled={!scenarioComplete(scenario) || run.isPending}>
          Simulate
        </Button>
        <p className="text-[0.9rem] text-soft">Nothing is issued, and no decision is recorded.</p>
      </form>
      <div>
        {run.error === null ? null : <Failure error={run.error} />}
        {run.data === undefined ? null : <VerdictView of={run.data} />}
      </div>
    </div>
  );
}

/** Any request against the policies in force. */
export function SimulatePage() {
  return (
    <>
      <PageHead
        title="Simulate"
        lead="What would the policies in force say? The engine that decides for real answers, about whoever and whatever you name."
      />
      <Simulator />
    </>
  );
}
