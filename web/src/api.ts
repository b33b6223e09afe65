// Calls of the HTTP API. A call that meets an ended session waits until somebody has signed in
// again, and is then repeated: the page stays as it is.
import type { Session } from './api_types';

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** Seconds after which the call may succeed; 0: not said. */
    readonly retryAfter = 0,
    /** The answer, where it says more than a message. */
    readonly body: Record<string, unknown> | null = null,
  ) {
    super(message);
  }
}

const SIGN_OUT = 10_000; // ms, after which the reader is told that the service does not answer

let csrf = '';
let askToSignIn: (() => Promise<void>) | null = null;

export function setCsrf(text: string): void {
  csrf = text;
}

/** What to do when the session has ended; resolves when somebody has signed in. */
export function onSessionEnded(ask: () => Promise<void>): void {
  askToSignIn = ask;
}

/** `patience`: ms; 0: without a limit. */
async function send(
  method: string,
  path: string,
  body?: unknown,
  patience = 0,
): Promise<Response> {
  const headers: Record<string, string> = {};
  if (method !== 'GET') headers['X-CSRF'] = csrf;
  const init: RequestInit = { method, headers, credentials: 'same-origin' };
  if (patience > 0) init.signal = AbortSignal.timeout(patience);
  if (body instanceof Blob) {
    headers['Content-Type'] = 'application/octet-stream';
    init.body = body;
  } else if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(body);
  }
  try {
    return await fetch(path, init);
  } catch {
    throw new ApiError(0, '');
  }
}

async function errorOf(response: Response): Promise<ApiError> {
  let message = response.statusText;
  let body: Record<string, unknown> | null = null;
  try {
    body = (await response.json()) as Record<string, unknown>;
    if (typeof body.error === 'string' && body.error) message = body.error;
  } catch {
    // not JSON: an answer of a proxy
  }
  const wait = Number(response.headers.get('Retry-After')) || 0;
  return new ApiError(response.status, message, wait, body);
}

/** The body of an answer, which can be cut off like the answer itself. */
async function received<T>(body: Promise<T>): Promise<T> {
  try {
    return await body;
  } catch {
    throw new ApiError(0, '');
  }
}

async function answerOf<T>(response: Response): Promise<T> {
  if (!response.ok) throw await errorOf(response);
  if (response.status === 204) return undefined as T;
  return received(response.json() as Promise<T>);
}

async function sendSignedIn(method: string, path: string, body?: unknown): Promise<Response> {
  const response = await send(method, path, body);
  if (response.status !== 401 || !askToSignIn) return response;
  await askToSignIn();
  return send(method, path, body);
}

/** `body`: a file is sent as it is, anything else as JSON. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  return answerOf<T>(await sendSignedIn(method, path, body));
}

export async function getBlob(path: string): Promise<Blob> {
  const response = await sendSignedIn('GET', path);
  if (!response.ok) throw await errorOf(response);
  return received(response.blob());
}

export const get = <T>(path: string): Promise<T> => call<T>('GET', path);
export const post = <T = void>(path: string, body?: unknown): Promise<T> =>
  call<T>('POST', path, body);

/** Without asking for a sign-in: null if nobody is signed in. */
export async function currentSession(): Promise<Session | null> {
  const response = await send('GET', '/api/session');
  return response.status === 401 ? null : answerOf<Session>(response);
}

export async function signIn(login: string, password: string): Promise<Session> {
  const session = await answerOf<Session>(
    await send('POST', '/api/session', { login, password }),
  );
  setCsrf(session.csrf);
  return session;
}

export async function signOut(): Promise<void> {
  const response = await send('DELETE', '/api/session', undefined, SIGN_OUT);
  if (response.status !== 401) await answerOf<void>(response);
}

/** The path of a route, with its parameters encoded. */
export function route(strings: TemplateStringsArray, ...values: (string | number)[]): string {
  return strings.reduce(
    (text, part, i) => text + encodeURIComponent(String(values[i - 1])) + part,
  );
}
