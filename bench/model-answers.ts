/**
 * What every program of the bench of exports answers, in Node and in a page alike. A step asks twice and times the second
 * time: the first wakes threads and fills caches, which the program before has used. Nothing is imported here, so that
 * pages can load it as it is.
 */

/** Asks about the image; the answer's numbers are in this process's own memory. */
export type Ask = () => Promise<{ readonly labels: ArrayLike<number> }>;

/** @param open makes what is asked, of the settings in a request */
export function modelAnswers<Settings>(
  open: (settings: Settings) => Promise<Ask>,
): (request: { do: string }) => Promise<object> {
  let ask: Ask;
  return async (request) => {
    switch (request.do) {
      case "prepare":
        ask = await open(request as unknown as Settings);
        return {};
      case "labels":
        return { labels: Array.from((await ask()).labels).join("") };
      case "step": {
        await ask();
        const started = performance.now();
        await ask();
        return { seconds: (performance.now() - started) / 1000 };
      }
      default:
        throw new Error(`unknown request "${request.do}"`);
    }
  };
}
