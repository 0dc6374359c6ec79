import { CircleCheck, Circle } from 'lucide-react';
import { Link } from '@tanstack/react-router';
import { useRead } from '../../api/use-read.ts';
import { Command } from '../../ui/code.tsx';
import { Card } from '../../kit/page.tsx';

type Step = { title: string; isDone: boolean; to: string; command: string };

function useSteps(): readonly Step[] | undefined {
  const resources = useRead('getResources', { query: { limit: 20 } });
  const agents = useRead('getAgents', { query: { limit: 1 } });
  const connections = useRead('getConnections', { query: { limit: 1 } });
  const policies = useRead('getPolicies', { query: { limit: 200 } });
  if ([resources, agents, connections, policies].some(({ data }) => data === undefined)) return undefined;
  const first = resources.data?.items.find(({ type }) => type === 'mcp');
  return [
    {
      title: 'Protect a resource',
      isDone: (resources.data?.items.length ?? 0) > 0,
      to: '/resources',
      command: 'npm start -- --protect http://localhost:3000/mcp',
    },
    {
      title: 'Enforce a policy',
      isDone: policies.data?.items.some(({ state = 'enforce' }) => state === 'enforce') === true,
      to: '/policies',
      command: 'writ apply hub.yaml',
    },
    {
      title: 'Let a client connect',
      isDone: (agents.data?.items.length ?? 0) > 0,
      to: '/clients',
      command: `claude mcp add --transport http ${first?.id ?? 'mine'} ${first?.uri ?? 'http://localhost:3000/mcp'}`,
    },
    { title: 'Make a connection', isDone: (connections.data?.items.length ?? 0) > 0, to: '/connections', command: 'writ provider ls' },
  ];
}

/** Four things to do in a new hub; gone when they are done. */
export function FirstRun() {
  const steps = useSteps();
  if (steps === undefined || steps.every(({ isDone }) => isDone)) return null;
  return (
    <Card className="mb-6">
      <h2 className="mb-3 font-semibold">
        First steps: {steps.filter(({ isDone }) => isDone).length} of {steps.length}
      </h2>
      <ol className="grid gap-2.5">
        {steps.map(({ title, isDone, to, command }) => (
          <li key={title} className="flex flex-wrap items-center gap-x-3 gap-y-1">
            {isDone ? (
              <CircleCheck size={16} className="text-low" aria-label="done" />
            ) : (
              <Circle size={16} className="text-soft" aria-label="to do" />
            )}
            <Link
              to={to}
              className={`min-w-44 ${isDone ? 'text-soft' : 'font-medium text-accent underline decoration-line underline-offset-2'}`}
            >
              {title}
            </Link>
            {isDone ? null : <Command text={command} />}
          </li>
        ))}
      </ol>
    </Card>
  );
}
