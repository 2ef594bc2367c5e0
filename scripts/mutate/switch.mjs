/**
 * What instrumented code calls: at each site all of its readings lie side by side, and this says which one is taken.
 * The state hangs on globalThis, since test runners load modules anew.
 *
 *   m(12, original, first mutant = number 12, second mutant = number 13, …)
 */
globalThis.__mutation ??= {
  /** Number of the mutant that is alive; -1: none. */
  alive: -1,
  /** Where first numbers of the sites that run are recorded, or null. */
  reached: null,
  /** Value of the left side, while the right side of && || ?? is not evaluated. */
  left: undefined,
};
const state = globalThis.__mutation;

export function m(first, original, ...mutants) {
  state.reached?.add(first);
  const index = state.alive - first;
  return index >= 0 && index < mutants.length ? mutants[index] : original;
}

/** Whether the right side of && || ?? is needed; if not, `left()` gives the left one. */
m.needs = (value, operator) => {
  state.left = value;
  if (operator === "&&") return Boolean(value);
  if (operator === "||") return !value;
  if (operator === "??") return value === null || value === undefined;
  return operator === "right";
};
m.left = () => state.left;

m["+"] = (a, b) => a + b;
m["-"] = (a, b) => a - b;
m["*"] = (a, b) => a * b;
m["/"] = (a, b) => a / b;
m["%"] = (a, b) => a % b;
m["**"] = (a, b) => a ** b;
m["<"] = (a, b) => a < b;
m["<="] = (a, b) => a <= b;
m[">"] = (a, b) => a > b;
m[">="] = (a, b) => a >= b;
m["==="] = (a, b) => a === b;
m["!=="] = (a, b) => a !== b;
m.not = (a) => !a;
m.negative = (a) => -a;
m.same = (a) => a;
m.call = (receiver, name, ...args) => receiver[name](...args);
m.swapped = (f) => (condition, a, b) => f(condition, b, a);
