/** What the page asks its server for. A failure is an Error whose message is the server's sentence. */
import { useEffect, useState } from "preact/hooks";

let csrfToken: Promise<string> | undefined;

/** The server went away, or was started anew with another token in its link. */
const lost = "the studio does not answer; start it again with `dimseg studio` and open its new link";

async function answered(request: Promise<Response>): Promise<Response> {
  const response = await request.catch(() => {
    throw new Error(lost);
  });
  if (response.ok) return response;
  if (response.status === 401) throw new Error(lost);
  const problem = (await response.json().catch(() => ({}))) as { detail?: string };
  throw new Error(problem.detail ?? `the studio answered ${response.status}`);
}

/** Gets JSON. */
export async function getJson<T>(path: string): Promise<T> {
  return (await answered(fetch(path))).json() as Promise<T>;
}

/** Gets bytes, with the headers that say what they are. */
export async function getBytes(path: string, signal?: AbortSignal): Promise<{ bytes: ArrayBuffer; headers: Headers }> {
  const response = await answered(fetch(path, { ...(signal ? { signal } : {}) }));
  return { bytes: await response.arrayBuffer(), headers: response.headers };
}

/** Sends what changes something. */
export async function post<T>(path: string, body: unknown = {}): Promise<T> {
  csrfToken ??= getJson<{ token: string }>("/csrf-token").then(({ token }) => token);
  const token = await csrfToken.catch((error) => {
    csrfToken = undefined;
    throw error;
  });
  const headers = { "content-type": "application/json", "x-csrf-token": token };
  const response = await answered(fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
  return response.json() as Promise<T>;
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
      source.onerror = () => setError(lost);
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
