import { Failure } from '../ui/notice.tsx';
import { PageHead } from './page.tsx';

/** In place of an object that could not be read: gone, mistyped, or not for this session. */
export function Missing({ what, error, retry }: { what: string; error: unknown; retry?: () => void }) {
  return (
    <>
      <PageHead title={`This ${what} cannot be shown`} />
      <Failure error={error} {...(retry === undefined ? {} : { retry })} />
    </>
  );
}
