// Calls of the HTTP API. A call that meets an ended session, or that of somebody else, waits until
// the person of the page has signed in again, and is then repeated: the page stays as it is.
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

/** Whose page this is: what it sends, it sends in this person's session or not at all. */
let person: Session | null = null;
let askToSignIn: ((other: string | null) => Promise<void>) | null = null;

export function setPerson(session: Session): void {
  person = session;
}

/** What to do when the session has ended; resolves when its person has signed in. `other`: the
 * login of whoever is signed in now. */
export function onSessionEnded(ask: (other: string | null) => Promise<void>): void {
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
  if (method !== 'GET') headers['X-CSRF'] = person?.csrf ?? '';
  if (method !== 'GET' && person) headers['X-Login'] = person.login;
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

/** Statuses of calls that may have met another session: its person may not see what the one of the
 * page may, and has another csrf. */
const DEPENDING = [401, 403, 404];

/** Whether the answer names somebody else than `sender`. */
function isOfOther({ headers }: Response, sender: Session | null): boolean {
  const login = headers.get('X-Login');
  return login !== null && sender !== null && login !== sender.login;
}

/** The session of the browser. One that is not of `login` is asked for twice: the answer may be
 * late. */
async function sessionFor(login: string): Promise<Session | null> {
  const found = await currentSession();
  return found?.login === login ? found : currentSession();
}

/** Whether the call met a session that was not the page's, and can be repeated. Resolves when the
 * person of the page is signed in. `sender`: that person, when the call was sent. */
async function mayRepeat(response: Response, sender: Session | null): Promise<boolean> {
  const isOther = isOfOther(response, sender);
  if (!isOther && !DEPENDING.includes(response.status)) return false;
  if (!person || !sender || !askToSignIn) return false;
  const now = person === sender ? await sessionFor(sender.login) : null;
  if (person !== sender) return true; // signed in again meanwhile
  if (now?.login !== sender.login) {
    await askToSignIn(now?.login ?? null);
    return true;
  }
  const isNew = now.csrf !== sender.csrf;
  if (isNew) person = now;
  return isNew || isOther;
}

async function sendSignedIn(method: string, path: string, body?: unknown): Promise<Response> {
  for (;;) {
    const sender = person;
    const response = await send(method, path, body);
    if (!(await mayRepeat(response, sender))) return response;
  }
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

export const signIn = async (login: string, password: string): Promise<Session> =>
  answerOf<Session>(await send('POST', '/api/session', { login, password }));

/** A session that is not the page's stays as it is. */
export async function signOut(): Promise<void> {
  const sender = person;
  const response = await send('DELETE', '/api/session', undefined, SIGN_OUT);
  if (response.status === 401) return;
  if (await mayRepeat(response, sender)) return signOut();
  await answerOf<void>(response);
}

/** The path of a route, with its parameters encoded. */
export function route(strings: TemplateStringsArray, ...values: (string | number)[]): string {
  return strings.reduce(
    (text, part, i) => text + encodeURIComponent(String(values[i - 1])) + part,
  );
}
