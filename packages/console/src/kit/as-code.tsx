import { useState } from 'react';
import { stringify } from 'yaml';
import { CodeBlock } from '../ui/code.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { useSession } from '../api/use-read.ts';

export type Spoken = {
  /** Collection of the config file, and the object as it stands there; absent where config has no such thing. */
  config?: { collection: string; value: object } | undefined;
  /** Path of the API below /admin/v1. */
  api: string;
  /** Line of the program. */
  cli?: string | undefined;
  /** The object as the API answers it. */
  value: object;
};

/** The same object as the config file, the API and the program say it: whatever is done here can be done by a script. */
export function AsCode({ of }: { of: Spoken }) {
  const [at, setAt] = useState(of.config === undefined ? 'api' : 'yaml');
  const issuer = useSession().data?.issuer ?? '';
  const { config, cli } = of;
  const call = `curl -H "authorization: Bearer $WRIT_ADMIN_TOKEN" ${issuer}/admin/v1/${of.api}`;
  return (
    <Tabs
      label="In which form"
      at={at}
      onAt={setAt}
      tabs={[
        ...(config === undefined
          ? []
          : [
              {
                id: 'yaml',
                title: 'YAML',
                body: () => <CodeBlock label="YAML" text={stringify({ [config.collection]: [config.value] }, { lineWidth: 100 })} tall />,
              },
            ]),
        {
          id: 'api',
          title: 'API',
          body: () => (
            <div className="grid gap-3">
              <CodeBlock label="Call" text={call} />
              <CodeBlock label="Answer" text={JSON.stringify(of.value, undefined, 2)} tall />
            </div>
          ),
        },
        ...(cli === undefined ? [] : [{ id: 'cli', title: 'CLI', body: () => <CodeBlock label="Command" text={cli} /> }]),
      ]}
    />
  );
}
