/**
 * What a stretch of work asks of a device, operator by operator: names, shapes of tensors, and numbers of the host. A CUDA
 * graph repeats exactly that, so two steps can share one where theirs are the same. For tests; operators that libtorch calls
 * by itself, as in a backward pass, follow from these.
 */
import { native } from "./native.js";
import { recordOperators } from "./recording.js";

/** One operator. */
export interface DeviceCall {
  readonly operator: string;
  /** Of each argument that is a tensor or a list of them, as words. */
  readonly shapes: readonly string[];
  /** All other arguments, as JSON. */
  readonly numbers: string;
}

const typesByOperator = new Map<string, readonly boolean[]>();

/** Which arguments of an operator of libtorch are tensors; of one that layers ask for, all but the last. */
function tensorsAmong(operator: string, count: number): readonly boolean[] {
  const known = typesByOperator.get(operator);
  if (known) return known;
  const [name, overload = ""] = operator.split(".");
  const schema = operator.includes("::")
    ? native()
        .schemas(name)
        .find((one) => one.startsWith(`${name}${overload && `.${overload}`}(`))
    : undefined;
  const isTensor = schema
    ? schema
        .slice(schema.indexOf("(") + 1, schema.lastIndexOf(") ->"))
        .split(", ")
        .filter((one) => one !== "*")
        .map((one) => one.startsWith("Tensor"))
    : Array.from({ length: count }, (_, i) => i < count - 1);
  typesByOperator.set(operator, isTensor);
  return isTensor;
}

const shapeOf = (handle: number): string => (handle > 0 ? `[${native().shape(handle)}]` : "none");

function shapesOf(argument: unknown): string {
  if (argument instanceof Int32Array) return [...argument].map(shapeOf).join(" ");
  return typeof argument === "number" ? shapeOf(argument) : "none";
}

/** Runs `body`, which must not be asynchronous. @returns its operators in their order */
export function deviceProgram(body: () => void): DeviceCall[] {
  const calls: DeviceCall[] = [];
  const called = ({ operator, args }: { operator: string; args: readonly unknown[] }) => {
    const isTensor = tensorsAmong(operator, args.length);
    calls.push({
      operator,
      shapes: args.filter((_, i) => isTensor[i]).map(shapesOf),
      numbers: JSON.stringify(args.filter((_, i) => !isTensor[i])),
    });
  };
  recordOperators({ called, released: () => {} }, body);
  return calls;
}
