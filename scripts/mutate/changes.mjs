/** What counts as a mistake worth catching: the small changes that `sites.mjs` makes, one at a time. */

/** Each operator with the ones it is mistaken for. */
export const operators = {
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
  "**": ["*"],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "===": ["!=="],
  "!==": ["==="],
  "&&": ["||"],
  "||": ["&&"],
  "??": ["left", "right"],
};

/** The same for assignments that compute. */
export const assignments = { "+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=" };

const pairs = [
  ["add", "sub"],
  ["add_", "sub_"],
  ["mul", "div"],
  ["mul_", "div_"],
  ["sum", "mean"],
  ["log", "exp"],
  ["log1p", "expm1"],
  ["le", "lt"],
  ["ge", "gt"],
  ["lte", "lt"],
  ["gte", "gt"],
  ["eq", "ne"],
  ["amax", "amin"],
  ["maximum", "minimum"],
  ["max", "min"],
  ["maxDim", "minDim"],
  ["argmax", "argmin"],
  ["floor", "ceil"],
  ["sin", "cos"],
  ["sigmoid", "tanh"],
  ["every", "some"],
  ["logicalAnd", "logicalOr"],
  ["foreachAdd", "foreachSub"],
  ["foreachAdd_", "foreachSub_"],
  ["foreachMul", "foreachDiv"],
  ["foreachMul_", "foreachDiv_"],
  ["foreachAddcmul_", "foreachAddcdiv_"],
  ["POSITIVE_INFINITY", "NEGATIVE_INFINITY"],
  ["LN2", "LN10"],
  ["SQRT2", "SQRT1_2"],
];

/** Names of functions, methods and constants with the ones they are mistaken for. */
export const renames = new Map();
for (const [one, other] of pairs) {
  if (!renames.has(one)) renames.set(one, other);
  if (!renames.has(other)) renames.set(other, one);
}

/** Methods that return what they were called on changed; forgetting them leaves it unchanged. */
export const forgettable = new Set([
  ..."square sqrt rsqrt abs neg reciprocal sign relu softmax logSigmoid pow clamp detach flip transpose".split(" "),
  ..."reverse toReversed sort toSorted slice filter".split(" "),
]);

/** What a numeric literal is mistaken for: its neighbours, its double and half, or nothing where it is tiny. */
export function otherNumbers(value) {
  if (value === 0) return [1];
  if (value === 1) return [2, 0];
  if (Number.isInteger(value)) return [value + 1, value - 1];
  return value < 1e-3 ? [value * 2, 0] : [value * 2, value / 2];
}
