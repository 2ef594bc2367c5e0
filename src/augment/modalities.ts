/** Strong views of images whose channels are modalities: what one scanner setting changes in one of them, it leaves in the others. */
import { scope, type Tensor } from "../torch/index.js";
import type { DrawKey } from "./draws.js";

/** The strong view of weak ones `[N, C, ...S]`, with draws for each image. */
export type StrongView = (weak: Tensor, key: DrawKey) => Tensor;

/** The same with draws for each channel of each image: `[N, C, ...S]` as N · C images of one channel, and back. */
export function ofEachChannel(strong: StrongView): StrongView {
  return (weak, key) =>
    scope(() => {
      const [count, channels, ...sides] = weak.shape;
      const { first = 0 } = key;
      const single = weak.reshape([count * channels, 1, ...sides]);
      return strong(single, { ...key, first: first * channels }).reshape(weak.shape);
    });
}
