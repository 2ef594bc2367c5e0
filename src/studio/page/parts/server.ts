/** What the page asks its server for. A failure is an Error whose message is the server's sentence. */
import { useEffect, useState } from "preact/hooks";

let csrfToken: Promise<string> | undefined;

const gone = "the studio does not answer; start it again with `dimseg studio` and open its new link";
const anew = "the studio was started anew; open its new link in this browser";

/** An answer that is a refusal. */
class RefusedByStudio extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** Whether a failure would be one again: what was asked for is wrong, not who asked or when. */
export function isForGood(error: unknown): boolean {
  if (!(error instanceof RefusedByStudio)) return false;
  return error.status >= 400 && error.status < 500 && ![401, 403, 408, 429].includes(error.status);
}

async function responseTo(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(path, init).catch((error) => {
    if (init.signal?.aborted) throw error;
    throw new Error(gone);
  });
}

async function answered(response: Response): Promise<Response> {
  if (response.ok) return response;
  if (response.status === 401) throw new RefusedByStudio(anew, 401);
  const problem = (await response.json().catch(() => ({}))) as { detail?: string };
  throw new RefusedByStudio(problem.detail ?? `the studio answered ${response.status}`, response.status);
}

/** Gets JSON. */
export async function getJson<T>(path: string): Promise<T> {
  return (await answered(await responseTo(path))).json() as Promise<T>;
}

/** Gets bytes, with the headers that say what they are. */
export async function getBytes(path: string, signal?: AbortSignal): Promise<{ bytes: ArrayBuffer; headers: Headers }> {
  const response = await answered(await responseTo(path, { ...(signal ? { signal } : {}) }));
  return { bytes: await response.arrayBuffer(), headers: response.headers };
}

async function sendOnce(path: string, body: BodyInit, type: string, signal?: AbortSignal): Promise<Response> {
  csrfToken ??= getJson<{ token: string }>("/csrf-token").then(({ token }) => token);
  const token = await csrfToken.catch((error) => {
    csrfToken = undefined;
    throw error;
  });
  const headers = { "content-type": type, "x-csrf-token": token };
  return responseTo(path, { method: "POST", headers, body, ...(signal ? { signal } : {}) });
}

async function send(...asked: Parameters<typeof sendOnce>): Promise<Response> {
  let response = await sendOnce(...asked);
  if (response.status === 403) {
    // A studio that was started anew has another token, which a page that its link opened may read.
    csrfToken = undefined;
    response = await sendOnce(...asked);
  }
  return answered(response);
}

/** Sends what changes something. */
export async function post<T>(path: string, body: unknown = {}): Promise<T> {
  return (await send(path, JSON.stringify(body), "application/json")).json() as Promise<T>;
}

/** Sends bytes, and gets bytes. */
export async function postBytes(path: string, body: Blob, signal?: AbortSignal): Promise<ArrayBuffer> {
  return (await send(path, body, "application/octet-stream", signal)).arrayBuffer();
}

/** What is asked for: not there yet, there, or refused. */
export interface Asked<T> {
  readonly value?: T;
  readonly error?: string;
}

/** Asks once for each path. */
export function useJson<T>(path: string | null): Asked<T> {
  const [asked, setAsked] = useState<Asked<T> & { path?: string | null }>({});
  useEffect(() => {
    if (path === null) return undefined;
    let wanted = true;
    getJson<T>(path).then(
      (value) => wanted && setAsked({ path, value }),
      (error: Error) => wanted && setAsked({ path, error: error.message }),
    );
    return () => {
      wanted = false;
    };
  }, [path]);
  return asked.path === path ? asked : {};
}

/**
 * Listens to a stream of messages while the page is seen: browsers keep few connections open at once, and a hidden page
 * needs none.
 * @param take told of each message
 * @param begin told when the stream begins anew, and sends all again
 * @returns why there is nothing to listen to
 */
export function useEvents<T>(path: string, take: (message: T) => void, begin: () => void = () => {}): string | null {
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    let source: EventSource | undefined;
    const open = () => {
      source = new EventSource(path);
      source.onopen = () => {
        setError(null);
        begin();
      };
      source.onmessage = ({ data }) => take(JSON.parse(data) as T);
      source.addEventListener("gone", (event) => {
        source?.close();
        setError(JSON.parse((event as MessageEvent<string>).data) as string);
      });
      source.onerror = () => setError(gone);
    };
    const seen = () => {
      if (document.hidden) source?.close();
      else if (source === undefined || source.readyState === EventSource.CLOSED) open();
    };
    seen();
    document.addEventListener("visibilitychange", seen);
    return () => {
      document.removeEventListener("visibilitychange", seen);
      source?.close();
    };
  }, [path]);
  return error;
}
