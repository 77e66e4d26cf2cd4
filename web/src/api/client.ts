import createClient, { type Middleware } from 'openapi-fetch';
import { Problem, problemFrom } from './problem';
import type { paths } from './schema';

const CSRF_COOKIE = 'fidelia_csrf';
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

export function csrfToken(): string | null {
  const found = document.cookie.split('; ').find((pair) => pair.startsWith(`${CSRF_COOKIE}=`));
  return found ? decodeURIComponent(found.slice(CSRF_COOKIE.length + 1)) : null;
}

type SignIn = () => Promise<boolean>;
let askToSignIn: SignIn | null = null;
let asking: Promise<boolean> | null = null;

/** The shell lends its dialog: resolves to true once the person has signed in again. */
export function onSessionEnd(ask: SignIn | null): void {
  askToSignIn = ask;
}

async function signInAgain(): Promise<boolean> {
  if (!askToSignIn) return false;
  asking ??= askToSignIn().finally(() => { asking = null; });
  return asking;
}

function withCsrf(request: Request): Request {
  const token = SAFE.has(request.method) ? null : csrfToken();
  if (token) request.headers.set('X-CSRF-Token', token);
  return request;
}

/** One request with session cookie and CSRF header. An ended session asks to sign in, then sends the same request again. */
export async function send(request: Request): Promise<Response> {
  const spare = request.clone();
  const response = await fetch(withCsrf(request));
  const own = new URL(request.url).pathname.startsWith('/api/v1/auth/');
  if (response.status !== 401 || own || !(await signInAgain())) return response;
  return fetch(withCsrf(spare));
}

const refusals: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw await problemFrom(response);
  },
};

export const api = createClient<paths>({ baseUrl: '', credentials: 'same-origin', fetch: send });
api.use(refusals);

/** The body of a good reply; a refused one was thrown as a Problem. */
export async function ok<T>(call: Promise<{ data?: T }>): Promise<T> {
  const { data } = await call;
  return data as T;
}

/** For what openapi-fetch does not cover, such as multipart uploads. */
export async function call<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await send(new Request(new URL(path, window.location.origin), { credentials: 'same-origin', ...init }));
  if (!response.ok) throw await problemFrom(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Uploads with progress (0…1); everything else as `call`. */
export function upload<T>(path: string, body: FormData, onProgress?: (share: number) => void, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', path);
    const token = csrfToken();
    if (token) request.setRequestHeader('X-CSRF-Token', token);
    request.upload.onprogress = (event) => { if (event.lengthComputable) onProgress?.(event.loaded / event.total); };
    request.onerror = () => { reject(new Problem({ status: 0, title: 'The upload was cut off', detail: 'Check the connection, then send the file again.' })); };
    request.onabort = () => { reject(new DOMException('Cancelled', 'AbortError')); };
    request.onload = () => {
      const headers = new Headers();
      for (const name of ['X-Request-ID', 'Retry-After']) {
        const value = request.getResponseHeader(name);
        if (value) headers.set(name, value);
      }
      const response = new Response(request.responseText || null, { status: request.status, headers });
      if (response.ok) resolve(JSON.parse(request.responseText) as T);
      else void problemFrom(response).then(reject);
    };
    signal?.addEventListener('abort', () => { request.abort(); });
    request.send(body);
  });
}
