import { useRead } from '../../api/use-read.ts';
import { Button } from '../../ui/button.tsx';
import { Failure, Loading } from '../../ui/notice.tsx';
import { AnyFacts } from '../../kit/any-facts.tsx';
import { Confirm } from '../../kit/confirm.tsx';
import { useDeed } from '../../kit/save.ts';
import { useState } from 'react';

/** What a person has set up beside a password, without any secret. */
export function Factors({ user }: { user: string }) {
  const factors = useRead('getUsersByIdFactors', { path: { id: user } });
  const [asking, setAsking] = useState(false);
  const { run } = useDeed('postUsersByIdResetFactors');
  if (factors.error !== null) return <Failure error={factors.error} />;
  if (factors.data === undefined) return <Loading />;
  return (
    <div className="grid justify-items-start gap-4">
      <div className="w-full">
        <AnyFacts of={factors.data} />
      </div>
      <Button look="danger" onClick={() => setAsking(true)}>
        Take all factors away
      </Button>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title="Take all factors away"
        name={user}
        what="For somebody who lost them: passkeys, authenticator apps, recovery codes, remembered browsers and sessions are gone, and the person signs in by password or e-mail alone."
        verb="Take away"
        act={async () => {
          const answer = await run({ path: { id: user } });
          return answer.ok ? { ok: true } : answer;
        }}
      />
    </div>
  );
}
