/** Pictures of many-dimensional points, and numbers that say how far to trust them. */
export { type Affinities, affinities, klDivergence } from "./affinities.js";
export { pca } from "./pca.js";
export { domainSeparability, type Separability, type SeparabilityOptions } from "./separability.js";
export { trustworthiness } from "./trustworthiness.js";
export { type TsneOptions, type TsneResult, tsne } from "./tsne.js";
