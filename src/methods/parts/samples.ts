/**
 * Losses of single samples, for optimisers that choose among them (ESAM). A method writes its losses once over a
 * choice of rows: all rows make the task loss, some rows the loss of a smaller batch. Sample i is the i-th labelled
 * image and, where the method looks at them, the i-th unlabelled one.
 */
import type { SampleLosses } from "../../optim/index.js";
import { type Tensor, tensor } from "../../torch/index.js";

/** Takes the chosen rows of a tensor [B, ...]. */
export type ChooseRows = (batch: Tensor) => Tensor;

/** All rows. */
export const allRows: ChooseRows = (batch) => batch;

/**
 * Turns a method's task loss over a choice of rows into what {@link SampleLosses} asks for.
 * @param images [B, ...], of which there are as many as samples, on the device of all that rows are taken of
 */
export function sampleLosses({ shape: [count], device }: Tensor, task: (rows: ChooseRows) => Tensor): SampleLosses {
  return {
    count,
    loss: (chosen) => {
      const rows = tensor(chosen, { dtype: "int64", device });
      return task((batch) => batch.indexSelect(0, rows));
    },
  };
}
