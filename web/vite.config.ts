import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const source = fileURLToPath(new URL('./src', import.meta.url));
const backend = process.env.FIDELIA_BACKEND ?? 'http://127.0.0.1:8080';
const proxy = Object.fromEntries(['/api', '/v1', '/t/', '/s/', '/health', '/ready'].map((path) => [path, { target: backend }]));

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': source } },
  build: {
    outDir: '../src/fidelia/web_dist',
    emptyOutDir: true,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy },
  preview: { proxy },
  test: {
    environment: 'jsdom',
    setupFiles: ['./src/test/setup.ts'],
    css: false,
    restoreMocks: true,
    // files share a window, which setup.ts leaves clean: loading everything anew for each takes longer than the tests
    isolate: false,
    pool: 'threads',
    maxWorkers: 1,
    testTimeout: 60_000,
  },
});
