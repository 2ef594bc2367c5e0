/** Tensors to and from safetensors. */
import type { RawDtype, RawTensor } from "../core/formats/raw-tensor.js";
import { readSafetensorsFile, serializeSafetensors } from "../core/formats/safetensors.js";
import { fromTypedArray } from "./create.js";
import { DtypeError } from "./errors.js";
import type { Device, DType, Tensor } from "./tensor.js";

const names: [DType, RawDtype][] = [
  ["float32", "F32"],
  ["float64", "F64"],
  ["float16", "F16"],
  ["bfloat16", "BF16"],
  ["int64", "I64"],
  ["int32", "I32"],
  ["int16", "I16"],
  ["int8", "I8"],
  ["uint8", "U8"],
  ["bool", "BOOL"],
];
const rawName = new Map(names);
const torchName = new Map(names.map(([dtype, raw]) => [raw, dtype]));

/** Copies bytes read from a file into a new tensor. @throws DtypeError for element types the engine does not offer */
export function tensorFromRaw({ dtype, shape, data }: RawTensor, device?: Device): Tensor {
  const name = torchName.get(dtype);
  if (!name) throw new DtypeError(`tensorFromRaw: element type ${dtype} is not supported; convert the file to F32`);
  return fromTypedArray(data, shape, { dtype: name, device });
}

/** The tensor's values, row-major, as bytes to be written. */
export function rawFromTensor(tensor: Tensor): RawTensor {
  const array = tensor.toTypedArray();
  return {
    dtype: rawName.get(tensor.dtype) as RawDtype,
    shape: tensor.shape,
    data: new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
  };
}

/** Reads all tensors of a safetensors file. @throws CheckpointError when the file is not a well-formed one */
export function loadTensors(path: string): Map<string, Tensor> {
  const { tensors } = readSafetensorsFile(path);
  return new Map([...tensors].map(([name, raw]) => [name, tensorFromRaw(raw)]));
}

/** The chunks of a safetensors file holding the tensors in the given order, for `writeFileAtomic`. */
export function serializeTensors(
  tensors: Iterable<[string, Tensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  return serializeSafetensors(
    [...tensors].map(([name, tensor]): [string, RawTensor] => [name, rawFromTensor(tensor)]),
    metadata,
  );
}
