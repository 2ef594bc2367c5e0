import { nearestDistance } from "../reference.js";
import type { Signal } from "./signal.js";

/** How near the image is to a labelled one, as the network's bottleneck sees them. */
export const featureNearness: Signal = {
  summary: "−log of the distance of the pooled bottleneck features to the nearest labelled image's",
  source: "deep nearest neighbours: Sun et al., ICML 2022",
  cost: "the encoder once",
  sameExtent: true,
  // Of an image that is a labelled one again the distance is 0.
  value: ({ feature, subject }, reference) =>
    -Math.log(nearestDistance(feature, reference, subject) / reference.usual + 1e-3),
};
