/**
 * The safetensors format (https://github.com/huggingface/safetensors#format): 8 bytes of header length, a JSON
 * header, the tensors' bytes without gap or overlap. The reader is stricter than the reference: whatever is not
 * exactly a well-formed file is refused with the file, the tensor and the reason, and nothing is returned.
 */
import { CheckpointError, UsageError } from "../errors.js";
import { readBytes } from "../files/read-file.js";
import { byteLength, type RawTensor } from "./raw-tensor.js";
import { type HeaderEntry, metadataKey, parseHeader, quoteName, textProblem } from "./safetensors-header.js";

/** The reference allows 100 MB; ours bounds a hostile file's parsing time and still fits 100,000 tensors. */
const maximumHeaderBytes = 16 * 2 ** 20;

/** The contents of a safetensors file; tensors are in the header's order. */
export interface SafetensorsContents {
  tensors: Map<string, RawTensor>;
  metadata: Record<string, string>;
}

/** Splits a file into its header's text and its data section. */
function split(bytes: Uint8Array): { text: string; data: Uint8Array } {
  if (bytes.length < 8) throw new Error(`it holds ${bytes.length} bytes, fewer than the 8 of the header's length`);
  const declared = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (declared > BigInt(maximumHeaderBytes)) {
    throw new Error(`it declares a header of ${declared} bytes, more than the ${maximumHeaderBytes} allowed`);
  }
  const length = Number(declared);
  if (length > bytes.length - 8) {
    throw new Error(`it declares a header of ${length} bytes but only ${bytes.length - 8} follow`);
  }
  if (bytes[8] !== 0x7b || length === 0) throw new Error("the header does not begin with {");
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, 8 + length));
    // A plain array even for a Buffer, whose slice() does not copy.
    return { text, data: new Uint8Array(bytes.buffer, bytes.byteOffset + 8 + length, bytes.length - 8 - length) };
  } catch (cause) {
    throw new Error("the header is not valid UTF-8", { cause });
  }
}

/** The tensors must tile the data section: in offset order each begins where the one before ends. */
function checkLayout(entries: Iterable<[string, HeaderEntry]>, dataBytes: number): void {
  let reached = 0;
  const ordered = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  for (const [name, { begin, end }] of ordered) {
    const where = `tensor ${quoteName(name)}: data_offsets [${begin}, ${end}]`;
    if (begin < reached) throw new Error(`${where} overlap another tensor, which ends at ${reached}`);
    if (begin > reached) throw new Error(`${where} leave a gap after byte ${reached}`);
    if (end > dataBytes) throw new Error(`${where} go past the end: the file holds ${dataBytes} bytes of data`);
    reached = end;
  }
  if (reached < dataBytes) throw new Error(`${dataBytes - reached} bytes follow the last tensor`);
}

function extract(name: string, { dtype, shape, begin, end }: HeaderEntry, data: Uint8Array): RawTensor {
  const view = data.subarray(begin, end);
  if (dtype === "BOOL" && view.some((value) => value > 1)) {
    throw new Error(`tensor ${quoteName(name)}: a BOOL element is neither 0 nor 1`);
  }
  return { dtype, shape, data: view };
}

/**
 * Reads a safetensors file held in memory; the tensors' data are views of `bytes`.
 * @param source the file's name, for messages
 * @throws CheckpointError naming the file, the tensor and the reason for anything but a well-formed file
 */
export function readSafetensors(bytes: Uint8Array, source: string): SafetensorsContents {
  try {
    const { text, data } = split(bytes);
    const { tensors: entries, metadata } = parseHeader(text);
    checkLayout(entries, data.length);
    const tensors = new Map<string, RawTensor>();
    for (const [name, entry] of entries) tensors.set(name, extract(name, entry, data));
    return { tensors, metadata: Object.fromEntries(metadata) };
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new CheckpointError(`cannot read ${source} as safetensors: ${reason}; get a fresh copy of the file`, {
      cause,
    });
  }
}

/**
 * Reads a safetensors file from disk.
 * @throws CheckpointError as {@link readSafetensors}, and when the file cannot be read
 */
export function readSafetensorsFile(path: string): SafetensorsContents {
  return readSafetensors(readBytes(path, CheckpointError), path);
}

function checkWritable(name: string, { dtype, shape, data }: RawTensor): void {
  const where = `serializeSafetensors: tensor ${quoteName(name)}`;
  const problem = name === metadataKey ? "this name is reserved" : textProblem(name);
  if (problem !== undefined) throw new UsageError(`${where}: ${problem}; rename it`);
  const bytes = shape.every((size) => Number.isSafeInteger(size) && size >= 0) ? byteLength(dtype, shape) : undefined;
  if (bytes !== data.length) {
    throw new UsageError(`${where} has ${data.length} bytes but ${dtype} [${shape.join(", ")}] takes ${bytes}`);
  }
}

/**
 * The chunks of a safetensors file, for `writeFileAtomic`; equal arguments give equal bytes. The header is padded
 * to 8 bytes; the tensors' bytes are the given views, not copies, in the order given.
 * @throws UsageError for a repeated or unusable name, or data that does not fit dtype and shape
 */
export function serializeSafetensors(
  tensors: Iterable<[string, RawTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  for (const text of Object.entries(metadata).flat()) {
    const problem = textProblem(text);
    if (problem !== undefined) throw new UsageError(`serializeSafetensors: metadata: ${problem}; change it`);
  }
  const entries: [string, unknown][] = Object.keys(metadata).length > 0 ? [[metadataKey, metadata]] : [];
  const names = new Set<string>();
  const chunks: Uint8Array[] = [];
  let end = 0;
  for (const [name, tensor] of tensors) {
    checkWritable(name, tensor);
    if (names.has(name)) throw new UsageError(`serializeSafetensors: tensor ${quoteName(name)} is given twice`);
    names.add(name);
    const begin = end;
    end += tensor.data.length;
    entries.push([name, { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, end] }]);
    chunks.push(tensor.data);
  }
  // Written pair by pair: an object would move integer-like names to the front.
  const text = `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`;
  const header = Buffer.from(text.padEnd(text.length + ((8 - (Buffer.byteLength(text) % 8)) % 8)));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  return [length, header, ...chunks];
}
