import { Link } from '@tanstack/react-router';
import { PageHead } from './page.tsx';

/** An address of the console at which there is nothing. */
export function LostPage() {
  return (
    <>
      <PageHead title="There is nothing here" lead="The address is mistyped, or it belongs to another version of the hub." />
      <Link to="/" className="text-accent underline">
        To the dashboard
      </Link>
    </>
  );
}
