/** The figures of a report: each a pure function from the report's data to a specification. */
export { curveFigures, unlabelledFigures, validationFigures } from "./curves.js";
export { diceFigures } from "./dice-intervals.js";
export { distributionFigures } from "./distributions.js";
export { confusionFigures, sizeFigures } from "./errors.js";
export { estimateFigures } from "./estimates.js";
export { featureFigures } from "./features.js";
export { type Figure, figureLabels, slug } from "./figure.js";
export { gapFigures } from "./gap.js";
export { landscapeFigures } from "./landscape.js";
export { inlineSvg, renderPng, renderSvg } from "./render-figure.js";
