import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const source = fileURLToPath(new URL('./src', import.meta.url));
const backend = process.env.FIDELIA_BACKEND ?? 'http://127.0.0.1:8080';
const proxy = Object.fromEntries(['/api', '/v1', '/t/', '/s/', '/health', '/ready'].map((path) => [path, { target: backend }]));

/** Halves that take about equally long: files are dealt by their size, the largest first. By chance one took half as long again. */
class Even extends BaseSequencer {
  override shard(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { index, count } = this.ctx.config.shard ?? { index: 1, count: 1 };
    const parts = Array.from({ length: count }, () => ({ bytes: 0, files: [] as TestSpecification[] }));
    const sized = files.map((file) => ({ file, bytes: statSync(file.moduleId).size })).sort((a, b) => b.bytes - a.bytes || (a.file.moduleId < b.file.moduleId ? -1 : 1));
    for (const { file, bytes } of sized) {
      const least = parts.reduce((a, b) => (b.bytes < a.bytes ? b : a));
      least.bytes += bytes;
      least.files.push(file);
    }
    return Promise.resolve(parts[index - 1]?.files ?? []);
  }
}

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
    sequence: { sequencer: Even },
    testTimeout: 60_000,
  },
});
