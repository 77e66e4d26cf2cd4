import '@testing-library/jest-dom/vitest';
import { notifications } from '@mantine/notifications';
import { cleanup, configure } from '@testing-library/react';
import { afterAll, afterEach, vi } from 'vitest';

// A failed look-up says what was sought; the whole page does not help. Two slow cores need more than a second.
configure({ getElementError: (message) => new Error(message ?? 'not found'), asyncUtilTimeout: 4000 });

// jsdom has no layout: Mantine and CodeMirror ask for these.
Object.defineProperty(window, 'matchMedia', {
  configurable: true,
  writable: true,
  value: (query: string) => ({
    matches: false, media: query, onchange: null,
    addListener: vi.fn(), removeListener: vi.fn(),
    addEventListener: vi.fn(), removeEventListener: vi.fn(), dispatchEvent: vi.fn(),
  }),
});
class ResizeObserverShim {
  observe() { /* no layout in jsdom */ }
  unobserve() { /* no layout in jsdom */ }
  disconnect() { /* no layout in jsdom */ }
}
window.ResizeObserver = ResizeObserverShim;
Element.prototype.scrollIntoView = () => undefined;

Object.defineProperty(document, 'fonts', { configurable: true, value: { addEventListener: vi.fn(), removeEventListener: vi.fn() } });

// undici refuses addresses without an origin; a browser resolves them against the page.
const PlainRequest = globalThis.Request;
globalThis.Request = class extends PlainRequest {
  constructor(input: RequestInfo | URL, init?: RequestInit) {
    super(typeof input === 'string' ? new URL(input, window.location.origin) : input, init);
  }
};

afterEach(() => {
  cleanup();
  notifications.clean();
  notifications.cleanQueue();
  vi.unstubAllGlobals();
  localStorage.clear();
});
// the focus goes back a moment after a dialog closed; the document has to be there still
afterAll(() => new Promise((done) => { setTimeout(done, 80); }));
