/** An observer of trainings for tests. */

/** Watches a training, and stops it after some steps; `warnings` gathers what it was told. */
export function watching(steps = Number.POSITIVE_INFINITY) {
  let done = 0;
  const warnings: string[] = [];
  return {
    ...{ decoding() {}, validation() {}, begun() {} },
    warnings,
    step: (step: number) => {
      done = step;
    },
    warn: (message: string) => void warnings.push(message),
    stopRequested: () => done >= steps,
  };
}
