import { useParams } from '@tanstack/react-router';

/** The list of flows. */
export function FlowsPage() {
  return <h1>Flows</h1>;
}

/** One flow in its editor. */
export function FlowPage() {
  const { id } = useParams({ strict: false });
  return <h1>{id}</h1>;
}
