/** Strong views of images whose channels are modalities: what one scanner setting changes in one of them, it leaves in the others. */
import { type Pack, scope, type Tensor } from "../../torch/index.js";
import type { DrawKey } from "../draws.js";

/** Plans the strong view of weak ones of a shape `[N, C, ...S]`, with draws for each image. */
export type PlanStrong = (pack: Pack, shape: readonly number[], key: DrawKey) => (weak: Tensor) => Tensor;

/** The same with draws for each channel of each image: `[N, C, ...S]` as N · C images of one channel, and back. */
export function ofEachChannel(plan: PlanStrong): PlanStrong {
  return (pack, shape, key) => {
    const [count, channels, ...sides] = shape;
    const { first = 0 } = key;
    const single = [count * channels, 1, ...sides];
    const strong = plan(pack, single, { ...key, first: first * channels });
    return (weak) => scope(() => strong(weak.reshape(single)).reshape(shape));
  };
}
