import { useState } from 'react';
import { useSession, type Value } from '../../api/use-read.ts';
import { CodeBlock } from '../../ui/code.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { recipesFor } from './recipes.ts';

type Resource = Value<'getResourcesById'>;

/** What to paste where, so that a client of that kind finds its way: it discovers the hub through the server by itself. */
export function Connect({ of }: { of: Resource }) {
  const issuer = useSession().data?.issuer ?? '';
  const recipes = recipesFor({ id: of.id, uri: of.uri, type: of.type, scopes: of.scopes.map(({ name }) => name) }, issuer);
  const [at, setAt] = useState(recipes[0]?.id ?? '');
  return (
    <div className="grid grid-cols-1 gap-4">
      {of.registration.cimd.enabled || of.registration.dcr.enabled ? null : (
        <Notice tone="care">Clients may not register by themselves here, so each has to be made by hand first.</Notice>
      )}
      <Tabs
        label="Which client"
        at={at}
        onAt={setAt}
        tabs={recipes.map(({ id, title, sentence, text }) => ({
          id,
          title,
          body: () => (
            <div className="grid grid-cols-1 gap-3">
              <p className="text-soft">{sentence}</p>
              <CodeBlock label={title} text={text} />
            </div>
          ),
        }))}
      />
    </div>
  );
}
