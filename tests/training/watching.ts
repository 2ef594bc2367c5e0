/** An observer of trainings for tests. */

/** Watches a training, and stops it after some steps. */
export function watching(steps = Number.POSITIVE_INFINITY) {
  let done = 0;
  return {
    ...{ decoding() {}, validation() {}, begun() {}, warn() {} },
    step: (step: number) => {
      done = step;
    },
    stopRequested: () => done >= steps,
  };
}
