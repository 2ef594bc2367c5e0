/** Server-sent events: what changes is looked at while somebody listens, and sent when it did. */
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";

/** Between two looks. */
const everyMilliseconds = 1000;

/**
 * Answers with a stream of JSON messages.
 * @param next what is new since the last call; undefined where nothing is. What it throws ends the stream with an event `gone`
 * @param ending ends the stream with the server
 */
export function eventStream(c: Context, next: () => unknown, ending: AbortSignal): Response {
  return streamSSE(c, async (stream) => {
    const over = new Promise<void>((resolve) => {
      const end = () => {
        // The server outlives its streams.
        ending.removeEventListener("abort", end);
        resolve();
      };
      stream.onAbort(end);
      ending.addEventListener("abort", end);
      if (ending.aborted) end();
    });
    let open = true;
    void over.then(() => {
      open = false;
    });
    while (open) {
      let news: unknown;
      try {
        news = next();
      } catch (error) {
        await stream.writeSSE({ event: "gone", data: JSON.stringify((error as Error).message) });
        return;
      }
      if (news !== undefined) await stream.writeSSE({ data: JSON.stringify(news) });
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        over,
        new Promise((resolve) => {
          timer = setTimeout(resolve, everyMilliseconds);
        }),
      ]);
      clearTimeout(timer);
    }
  });
}

/** Lets a value through when it is another one than the last. */
export function whenChanged<T>(read: () => T): () => T | undefined {
  let last = "";
  return () => {
    const value = read();
    const text = JSON.stringify(value);
    if (text === last) return undefined;
    last = text;
    return value;
  };
}
