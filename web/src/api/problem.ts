/** One wrong field of a request, by JSON pointer. */
export interface FieldProblem {
  pointer: string;
  message: string;
}

/** An RFC 9457 problem document, thrown by every call that the server refused. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly FieldProblem[];
  readonly requestId: string | null;
  readonly retryAfter: number | null;

  constructor(init: {
    status: number; title: string; detail?: string;
    errors?: readonly FieldProblem[]; requestId?: string | null; retryAfter?: number | null;
  }) {
    super(init.detail ?? init.title);
    this.name = 'Problem';
    this.status = init.status;
    this.title = init.title;
    this.detail = init.detail ?? '';
    this.errors = init.errors ?? [];
    this.requestId = init.requestId ?? null;
    this.retryAfter = init.retryAfter ?? null;
  }

  /** The server did not answer at all: the same request may be sent again. */
  get unreachable(): boolean {
    return this.status === 0;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function fieldProblems(value: unknown): FieldProblem[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) =>
    isRecord(item) && typeof item.message === 'string'
      ? [{ pointer: typeof item.pointer === 'string' ? item.pointer : '', message: item.message }]
      : []);
}

/** Reads the problem document of a refused response; a body of another kind still gives a readable error. */
export async function problemFrom(response: Response): Promise<Problem> {
  // a proxy's HTML page has no document: the status line is all there is
  const body: unknown = await response.clone().json().catch(() => null);
  const doc = isRecord(body) ? body : {};
  const retry = Number(response.headers.get('Retry-After'));
  return new Problem({
    status: response.status,
    title: typeof doc.title === 'string' ? doc.title : response.statusText || `The server answered ${response.status}`,
    detail: typeof doc.detail === 'string' ? doc.detail : '',
    errors: fieldProblems(doc.errors),
    requestId: response.headers.get('X-Request-ID'),
    retryAfter: Number.isFinite(retry) && retry > 0 ? retry : null,
  });
}

export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof TypeError) {
    return new Problem({ status: 0, title: 'The server cannot be reached', detail: 'Check the connection, then try again. Nothing you typed is lost.' });
  }
  return new Problem({ status: 500, title: 'This page ran into an error', detail: error instanceof Error ? error.message : String(error) });
}

/** `/condition/of/0/op` → `condition.of.0.op`, the path a form uses. */
export function pointerToPath(pointer: string): string {
  return pointer.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')).join('.');
}
