/**
 * The JSON header of a safetensors file, read by a scanner made for its three levels and nothing else: a general
 * JSON parser silently keeps the last of two equal keys and turns "1e3" or "-0" into sizes.
 * Format: https://github.com/huggingface/safetensors#format
 */
import { byteLength, isRawDtype, type RawDtype } from "./raw-tensor.js";

/** One tensor's entry; offsets are bytes from the start of the data section, end excluded. */
export interface HeaderEntry {
  dtype: RawDtype;
  shape: number[];
  begin: number;
  end: number;
}

/** What a header declares, in the order written. */
export interface Header {
  tensors: Map<string, HeaderEntry>;
  metadata: Map<string, string>;
}

/** PyTorch's and NumPy's own limit. */
const maximumDimensions = 64;

/** Key under which a header keeps free text. */
export const metadataKey = "__metadata__";

/** A name in quotes for a message: control characters escaped, long ones cut. */
export function quoteName(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
}

/** Why a name or text cannot stand in a header, or `undefined` when it can. */
export function textProblem(text: string): string | undefined {
  // A careless reader that uses names as object keys would reach the prototype.
  if (text === "__proto__") return 'the name "__proto__" is not allowed';
  return /\p{Surrogate}/u.test(text) ? "a string holds half a surrogate pair" : undefined;
}

/** Walks the header's text; every failure says what was expected and at which character. */
class Scanner {
  private at = 0;

  constructor(private readonly text: string) {}

  fail(reason: string): never {
    throw new Error(`${reason} (character ${this.at} of the header)`);
  }

  private skipSpace(): void {
    while (this.at < this.text.length && " \t\n\r".includes(this.text[this.at])) this.at++;
  }

  /** Consumes `char` if it comes next. */
  take(char: string): boolean {
    this.skipSpace();
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  expect(char: string): void {
    if (!this.take(char)) this.fail(`expected ${char} but found ${this.text[this.at] ?? "the end"}`);
  }

  string(): string {
    this.expect('"');
    const start = this.at - 1;
    while (this.at < this.text.length && this.text[this.at] !== '"') this.at += this.text[this.at] === "\\" ? 2 : 1;
    this.at++;
    let value: string;
    try {
      value = JSON.parse(this.text.slice(start, this.at)) as string;
    } catch {
      return this.fail("a string is not valid JSON");
    }
    const problem = textProblem(value);
    return problem === undefined ? value : this.fail(problem);
  }

  /** An integer from 0 to 2^53 − 1, written in digits only. */
  size(): number {
    this.skipSpace();
    const digits = /^(0|[1-9][0-9]*)(?![0-9.eE])/.exec(this.text.slice(this.at, this.at + 24))?.[0];
    if (digits === undefined) this.fail("expected a non-negative integer");
    const value = Number(digits);
    if (!Number.isSafeInteger(value)) this.fail(`the number ${digits} is too large`);
    this.at += digits.length;
    return value;
  }

  sizes(): number[] {
    const values: number[] = [];
    this.expect("[");
    if (this.take("]")) return values;
    do {
      if (values.length === maximumDimensions) this.fail(`more than ${maximumDimensions} dimensions`);
      values.push(this.size());
    } while (this.take(","));
    this.expect("]");
    return values;
  }

  /** An object; `visit` reads the value of each key. */
  object(visit: (key: string) => void): void {
    const seen = new Set<string>();
    this.expect("{");
    if (this.take("}")) return;
    do {
      const key = this.string();
      if (seen.has(key)) this.fail(`the key ${quoteName(key)} appears twice`);
      seen.add(key);
      this.expect(":");
      visit(key);
    } while (this.take(","));
    this.expect("}");
  }

  /** Only the padding the format allows may follow. */
  end(): void {
    while (this.text[this.at] === " ") this.at++;
    if (this.at < this.text.length) this.fail("something follows the header's closing brace");
  }
}

function readEntry(scanner: Scanner): HeaderEntry {
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  scanner.object((key) => {
    if (key === "dtype") dtype = scanner.string();
    else if (key === "shape") shape = scanner.sizes();
    else if (key === "data_offsets") offsets = scanner.sizes();
    else scanner.fail(`unknown key ${quoteName(key)}`);
  });
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    return scanner.fail("dtype, shape or data_offsets is missing");
  }
  if (!isRawDtype(dtype)) return scanner.fail(`unknown dtype ${quoteName(dtype)}`);
  const [begin, end] = offsets;
  if (offsets.length !== 2 || begin > end) {
    return scanner.fail(`data_offsets [${offsets.join(", ")}] is not a pair [begin, end] with begin <= end`);
  }
  const bytes = byteLength(dtype, shape);
  if (bytes === undefined) return scanner.fail(`shape [${shape.join(", ")}] overflows`);
  if (bytes !== end - begin) {
    scanner.fail(`shape [${shape.join(", ")}] of ${dtype} takes ${bytes} bytes but data_offsets span ${end - begin}`);
  }
  return { dtype, shape, begin, end };
}

/**
 * Parses the header text.
 * @throws Error whose message is the reason, with the tensor's name where one is concerned
 */
export function parseHeader(text: string): Header {
  const scanner = new Scanner(text);
  const header: Header = { tensors: new Map(), metadata: new Map() };
  scanner.object((name) => {
    try {
      if (name === metadataKey) scanner.object((key) => header.metadata.set(key, scanner.string()));
      else header.tensors.set(name, readEntry(scanner));
    } catch (cause) {
      const where = name === metadataKey ? metadataKey : `tensor ${quoteName(name)}`;
      throw new Error(`${where}: ${(cause as Error).message}`, { cause });
    }
  });
  scanner.end();
  return header;
}
