/** How long work takes. */

/** Runs `work` and gives the seconds that it took. */
export async function secondsOf(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
