/** Comparing what a kind computed with what the reference produced, under the case's own tolerances. */
import type { CaseDescription, Computed, GoldenCase } from "./golden-case.js";

/** The worst deviation of a case and where it exceeds the tolerance. */
export interface Comparison {
  worstAbsolute: number;
  worstRelative: number;
  /** One line per output that is missing, of another size or out of tolerance. */
  failures: string[];
}

type Tolerance = CaseDescription["tolerance"];

/** The longest key that the output's name begins with wins. */
function toleranceOf(description: CaseDescription, output: string): Tolerance {
  const keys = Object.keys(description.outputTolerance).filter((key) => output.startsWith(key));
  const longest = keys.sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? description.tolerance : description.outputTolerance[longest];
}

/** Every stride-th value, `count` of them. */
function thin(values: ArrayLike<number>, stride: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => values[i * stride]);
}

function norm(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ** 2;
  return Math.sqrt(sum);
}

/** Many tensors in one vector, thinned to `per` values each (golden format, "packed"). */
function pack(tensors: ReadonlyMap<string, ArrayLike<number>>, order: readonly string[], per: number): Float64Array {
  const parts = order.flatMap((name) => {
    const values = tensors.get(name);
    if (!values) throw new Error(`internal: the kind computed no tensor "${name}"`);
    const stride = Math.max(1, Math.floor(values.length / per));
    return [...thin(values, stride, Math.min(per, values.length))];
  });
  return Float64Array.from(parts);
}

/** Computed values in the form in which the case stores them; further checks (norms) ride along. */
function stored(testCase: GoldenCase, name: string, computed: Computed): ArrayLike<number> | undefined {
  const { packed, sampled } = testCase.description;
  const base = name.endsWith("_l2") ? name.slice(0, -3) : name;
  const value = computed.get(name) ?? computed.get(base);
  if (value === undefined) return undefined;
  if (value instanceof Map) {
    const order = testCase.packedOrder(packed[base].order);
    if (name !== base) return order.map((tensor) => norm(value.get(tensor) ?? []));
    return pack(value, order, packed[base].per);
  }
  const sample = sampled[name];
  return sample ? thin(value, sample.stride, sample.count) : value;
}

function compareValues(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  { atol, rtol }: Tolerance,
  into: Comparison,
): string | null {
  if (got.length !== want.length) return `has ${got.length} values instead of ${want.length}`;
  let outside = 0;
  let first = "";
  for (let i = 0; i < want.length; i++) {
    if (Number.isNaN(want[i]) && Number.isNaN(got[i])) continue;
    const difference = got[i] === want[i] ? 0 : Math.abs(got[i] - want[i]);
    if (difference > into.worstAbsolute || Number.isNaN(difference)) into.worstAbsolute = difference;
    const relative = difference === 0 ? 0 : difference / Math.abs(want[i]);
    if (relative > into.worstRelative && Math.abs(want[i]) > atol) into.worstRelative = relative;
    // Of an infinity any finite number would be within a share.
    const allowed = Number.isFinite(want[i]) ? atol + rtol * Math.abs(want[i]) : 0;
    if (difference <= allowed) continue;
    if (outside++ === 0) first = `first at ${i}: got ${got[i]}, expected ${want[i]}`;
  }
  return outside === 0 ? null : `${outside} of ${want.length} values out of tolerance (${first})`;
}

/** The full tensor's norm and sum of a thinned output, which the thinning would not show. */
function compareSample(testCase: GoldenCase, name: string, full: ArrayLike<number>, into: Comparison): string | null {
  const { l2, sum, shape } = testCase.description.sampled[name];
  const elements = shape.reduce((product, size) => product * size, 1);
  const atol = toleranceOf(testCase.description, name).atol * Math.sqrt(elements);
  let total = 0;
  for (let i = 0; i < full.length; i++) total += full[i];
  const problem = compareValues([norm(full), total], [l2, sum], { atol, rtol: 1e-4 }, { ...into });
  return problem && `norm and sum of the full tensor: ${problem}`;
}

/** Compares every output of a case. */
export function compare(testCase: GoldenCase, computed: Computed): Comparison {
  const result: Comparison = { worstAbsolute: 0, worstRelative: 0, failures: [] };
  for (const name of testCase.outputNames) {
    const got = stored(testCase, name, computed);
    if (got === undefined) {
      result.failures.push(`${name} was not computed`);
      continue;
    }
    const problem = compareValues(got, testCase.numbers(name), toleranceOf(testCase.description, name), result);
    if (problem) result.failures.push(`${name} ${problem}`);
    const full = computed.get(name);
    if (!testCase.description.sampled[name] || !full || full instanceof Map) continue;
    const sampleProblem = compareSample(testCase, name, full, result);
    if (sampleProblem) result.failures.push(`${name} ${sampleProblem}`);
  }
  return result;
}
