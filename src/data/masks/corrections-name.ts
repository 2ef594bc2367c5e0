/** The folder beside a `dataset.yaml` of what corrections of its masks keep, earlier masks among it: no data of its own. */
export const correctionsName = "dimseg-corrections";
