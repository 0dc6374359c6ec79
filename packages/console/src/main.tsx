import './theme.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createConsoleRouter } from './routes.tsx';
import { isPassing } from './api/refused.ts';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // A refusal is an answer: asking again gets the same. Only a hub that could not be reached, or could not answer, is asked again.
      retry: (count, error) => isPassing(error) && count < 2,
      staleTime: 2_000,
      refetchOnWindowFocus: true,
    },
  },
});
const router = createConsoleRouter();

const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
