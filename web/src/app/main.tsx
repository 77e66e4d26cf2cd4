import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { FideliaProvider } from '@/kit';
import { queryClient } from './queryClient';
import { router } from './router';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no element "root"');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <FideliaProvider>
        <RouterProvider router={router} />
      </FideliaProvider>
    </QueryClientProvider>
  </StrictMode>,
);
