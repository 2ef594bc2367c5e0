/** Typed errors of the engine. The bridge reports a kind and a message; this file alone decides the class. */
import { DimsegError, exitCodes, PeerError, ResourceError } from "../core/errors.js";

/** Any failure inside libtorch; the message begins with the operator's name. */
export class TorchError extends DimsegError {
  constructor(message: string) {
    super(message, exitCodes.internal);
  }
}

/** Shapes that do not fit each other or the operator. */
export class ShapeError extends TorchError {}

/** A dtype the operator does not take, or an unknown dtype name. */
export class DtypeError extends TorchError {}

/** Use of a tensor or generator after it was disposed or its scope ended. */
export class DisposedError extends TorchError {}

/** An operator this libtorch does not have. */
export class UnknownOperatorError extends TorchError {}

/** Work that cannot be captured as a graph. */
export class CaptureError extends TorchError {}

/** More memory asked for than the machine or device has. The process stays usable. */
export class OutOfMemoryError extends ResourceError {}

/** The engine does not load, and what mends that. */
export class EngineError extends ResourceError {
  constructor(
    readonly problem: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${problem}: ${remedy}`, options);
  }
}

const patterns: [RegExp, new (message: string) => Error][] = [
  [/can't allocate memory|out of memory|Cannot allocate|Storage size calculation overflowed/i, OutOfMemoryError],
  [
    /expected scalar type|scalar type|not implemented for '|same dtype|can't be cast|dtype|Expected .* to have type/i,
    DtypeError,
  ],
  [/size|shape|dimension|dim |broadcast|numel|channels/i, ShapeError],
];

const byKind: Record<string, new (message: string) => Error> = {
  disposed: DisposedError,
  unknownOperator: UnknownOperatorError,
  memory: OutOfMemoryError,
  capture: CaptureError,
  shape: ShapeError,
  dtype: DtypeError,
  argument: TypeError,
  peer: PeerError,
};

/** Builds the error for a failure reported by the bridge; libtorch's advice after the first line is dropped. */
export function nativeError(kind: string, message: string): Error {
  const text = message
    .replace(/^(?:aten|dimseg)::/, "")
    .split("\n")[0]
    .trim();
  const known = byKind[kind];
  if (known) return new known(text);
  const bytes = /tried to allocate (\d+) bytes/.exec(text);
  if (bytes) return new OutOfMemoryError(`${text.split(":")[0]}: out of memory: ${bytes[1]} bytes asked for`);
  const matched = patterns.find(([pattern]) => pattern.test(text));
  return new (matched ? matched[1] : TorchError)(text);
}
