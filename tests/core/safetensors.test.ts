import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { CheckpointError, DimsegError, UsageError } from "../../src/core/errors.js";
import { elementBytes, type RawDtype, type RawTensor } from "../../src/core/formats/raw-tensor.js";
import { readSafetensors, readSafetensorsFile, serializeSafetensors } from "../../src/core/formats/safetensors.js";

const folder = mkdtempSync(join(tmpdir(), "dimseg-safetensors-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Written by the Python package safetensors 0.8.0 (`safetensors.numpy.save`). */
const pythonFile = Buffer.from(
  "50010000000000007b225f5f6d657461646174615f5f223a7b22666f726d6174223a227074227d2c227374657073223a7b226474797065" +
    "223a22493634222c227368617065223a5b5d2c22646174615f6f666673657473223a5b302c385d7d2c22636f6e762e776569676874223a7b" +
    "226474797065223a22463332222c227368617065223a5b322c335d2c22646174615f6f666673657473223a5b382c33325d7d2c22656d7074" +
    "79223a7b226474797065223a22463136222c227368617065223a5b302c345d2c22646174615f6f666673657473223a5b33322c33325d7d2c" +
    "226772c3b6c39f65223a7b226474797065223a225538222c227368617065223a5b325d2c22646174615f6f666673657473223a5b33322c33" +
    "345d7d2c226d61736b223a7b226474797065223a22424f4f4c222c227368617065223a5b335d2c22646174615f6f666673657473223a5b33" +
    "342c33375d7d7d20200700000000000000000000000000803f0000004000004040000080400000a04001ff010001",
  "hex",
);

/** Bytes of ours that the Python package read back as {"10": I16 [-2], "a": F32 [0.5]}, metadata {"step": "3"}. */
const ourFile =
  "88000000000000007b225f5f6d657461646174615f5f223a7b2273746570223a2233227d2c2261223a7b226474797065223a22463332222c22" +
  "7368617065223a5b315d2c22646174615f6f666673657473223a5b302c345d7d2c223130223a7b226474797065223a22493136222c22736861" +
  "7065223a5b5d2c22646174615f6f666673657473223a5b342c365d7d7d200000003ffeff";

const joined = (chunks: Uint8Array[]): Uint8Array => Buffer.concat(chunks);

/** A file with this header, whatever it holds. */
function file(header: string | Uint8Array, dataBytes = 0, declared?: bigint): Uint8Array {
  const body = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(declared ?? BigInt(body.length));
  return Buffer.concat([length, body, Buffer.alloc(dataBytes)]);
}

const entry = (dtype: string, shape: string, offsets: string) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;

describe("reading", () => {
  it("reads what the Python package wrote", () => {
    const { tensors, metadata } = readSafetensors(pythonFile, "python.safetensors");
    expect(metadata).toEqual({ format: "pt" });
    expect([...tensors].map(([name, { dtype, shape }]) => [name, dtype, shape])).toEqual([
      ["steps", "I64", []],
      ["conv.weight", "F32", [2, 3]],
      ["empty", "F16", [0, 4]],
      ["größe", "U8", [2]],
      ["mask", "BOOL", [3]],
    ]);
    expect([...new Float32Array(tensors.get("conv.weight")!.data.slice().buffer)]).toEqual([0, 1, 2, 3, 4, 5]);
    expect([...new BigInt64Array(tensors.get("steps")!.data.slice().buffer)]).toEqual([7n]);
    expect([...tensors.get("mask")!.data]).toEqual([1, 0, 1]);
    expect([...tensors.get("größe")!.data]).toEqual([1, 255]);
  });

  it("reads a file from disk and an empty one", () => {
    const path = join(folder, "a.safetensors");
    writeFileSync(path, pythonFile);
    expect(readSafetensorsFile(path).tensors.size).toBe(5);
    expect(readSafetensors(file("{}"), "empty").tensors.size).toBe(0);
  });

  it("names a file that is missing or a folder", () => {
    expect(() => readSafetensorsFile(join(folder, "none"))).toThrow(/none: it does not exist/);
    expect(() => readSafetensorsFile(folder)).toThrow(CheckpointError);
  });
});

describe("writing", () => {
  it("gives exactly the bytes the Python package was seen to read", () => {
    const chunks = serializeSafetensors(
      [
        ["a", { dtype: "F32", shape: [1], data: new Uint8Array(Float32Array.of(0.5).buffer) }],
        ["10", { dtype: "I16", shape: [], data: new Uint8Array(Int16Array.of(-2).buffer) }],
      ],
      { step: "3" },
    );
    expect(Buffer.from(joined(chunks)).toString("hex")).toBe(ourFile);
  });

  it("refuses what it could not read back", () => {
    const one: RawTensor = { dtype: "U8", shape: [1], data: new Uint8Array(1) };
    const bad: [string, RawTensor][][] = [
      [
        ["a", one],
        ["a", one],
      ],
      [["__metadata__", one]],
      [["__proto__", one]],
      [["\ud800", one]],
      [["a", { ...one, shape: [2] }]],
      [["a", { ...one, shape: [-1] }]],
      [["a", { ...one, shape: [2 ** 40, 2 ** 40] }]],
    ];
    for (const tensors of bad) expect(() => serializeSafetensors(tensors)).toThrow(UsageError);
    expect(() => serializeSafetensors([], { note: "\udc00" })).toThrow(/metadata/);
  });

  const tensor = fc
    .record({
      dtype: fc.constantFrom(...(Object.keys(elementBytes) as RawDtype[])),
      shape: fc.array(fc.nat(4), { maxLength: 4 }),
      fill: fc.nat(1),
    })
    .map(({ dtype, shape, fill }): RawTensor => {
      const count = shape.reduce((product, size) => product * size, elementBytes[dtype] as number);
      return { dtype, shape, data: new Uint8Array(count).fill(fill) };
    });
  const text = fc.string({ unit: "grapheme" }).filter((value) => value !== "__proto__" && value !== "__metadata__");

  it("reads back names, types, shapes, bytes, order and metadata of anything it writes", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(text, tensor), { selector: ([name]) => name, maxLength: 6 }),
        fc.dictionary(text, text),
        (tensors, metadata) => {
          const bytes = joined(serializeSafetensors(tensors, metadata));
          expect(Number(Buffer.from(bytes).readBigUInt64LE()) % 8).toBe(0);
          const back = readSafetensors(bytes, "property");
          expect([...back.tensors]).toEqual(tensors.map(([name, t]) => [name, t]));
          expect({ ...back.metadata }).toEqual({ ...metadata });
        },
      ),
    );
  });
});

describe("attacks", () => {
  const f32 = (offsets: string, shape = "[1]") => entry("F32", shape, offsets);
  const attacks: [string, Uint8Array, RegExp][] = [
    ["no length", Buffer.from([1, 2, 3]), /3 bytes, fewer than the 8/],
    ["header larger than the file", file("{}", 0, 100n), /header of 100 bytes but only 2 follow/],
    ["header of 2^64 - 1 bytes", file("{}", 0, 2n ** 64n - 1n), /more than the 16777216 allowed/],
    ["100 MB header", file("{".padEnd(1000), 0, 100_000_000n), /header of 100000000 bytes, more than/],
    ["empty header", file(""), /does not begin with \{/],
    ["header not beginning with {", file(" {}"), /does not begin with \{/],
    ["array header", file("[]"), /does not begin with \{/],
    ["byte-order mark", file("\ufeff{}"), /does not begin with \{/],
    ["invalid UTF-8", file(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])), /not valid UTF-8/],
    ["unclosed header", file('{"a":'), /tensor "a": expected \{ but found the end/],
    ["unclosed string", file('{"a'), /not valid JSON/],
    ["text after the header", file("{} {}"), /follows the header's closing brace/],
    ["newline padding", file("{}\n"), /follows the header's closing brace/],
    ["trailing comma", file(`{"a":${f32("[0,4]")},}`, 4), /expected "/],
    ["negative offset", file(`{"a":${f32("[-4,0]")}}`, 4), /tensor "a": expected a non-negative integer/],
    ["fractional offset", file(`{"a":${f32("[0,4.0]")}}`, 4), /tensor "a": expected a non-negative integer/],
    ["exponent in a shape", file(`{"a":${f32("[0,4]", "[1e0]")}}`, 4), /tensor "a": expected a non-negative integer/],
    ["leading zero", file(`{"a":${f32("[0,04]")}}`, 4), /tensor "a": expected a non-negative integer/],
    ["offset of 10^300", file(`{"a":${f32(`[0,1${"0".repeat(300)}]`)}}`, 4), /tensor "a": the number .* too large/],
    ["offset above 2^53", file(`{"a":${f32("[0,9007199254740993]")}}`, 4), /tensor "a": the number .* too large/],
    ["reversed offsets", file(`{"a":${f32("[4,0]")}}`, 4), /tensor "a": data_offsets \[4, 0\] is not a pair/],
    ["one offset", file(`{"a":${f32("[4]")}}`, 4), /tensor "a": data_offsets \[4\] is not a pair/],
    ["overlap", file(`{"a":${f32("[0,4]")},"b":${f32("[2,6]")}}`, 6), /tensor "b": .* overlap another/],
    ["the same bytes twice", file(`{"a":${f32("[0,4]")},"b":${f32("[0,4]")}}`, 4), /tensor "b": .* overlap another/],
    ["gap", file(`{"a":${f32("[0,4]")},"b":${f32("[8,12]")}}`, 12), /tensor "b": .* leave a gap after byte 4/],
    ["gap at the start", file(`{"a":${f32("[4,8]")}}`, 8), /tensor "a": .* leave a gap after byte 0/],
    ["offsets past the end", file(`{"a":${f32("[0,4]")}}`, 3), /tensor "a": .* past the end: .* 3 bytes/],
    ["trailing bytes", file(`{"a":${f32("[0,4]")}}`, 5), /1 bytes follow the last tensor/],
    ["shape and dtype mismatch", file(`{"a":${f32("[0,4]", "[2]")}}`, 4), /tensor "a": shape \[2\] of F32 takes 8 /],
    ["shape overflow", file(`{"a":${f32("[0,4]", "[4294967296,4294967296]")}}`, 4), /tensor "a": shape .* overflows/],
    ["overflow hidden by a zero", file(`{"a":${f32("[0,0]", "[9007199254740991,9,0]")}}`), /tensor "a": .* overflows/],
    ["65 dimensions", file(`{"a":${f32("[0,4]", `[1${",1".repeat(64)}]`)}}`, 4), /tensor "a": more than 64 dimen/],
    ["duplicate tensor", file(`{"a":${f32("[0,4]")},"a":${f32("[0,4]")}}`, 4), /the key "a" appears twice/],
    ["duplicate under an escape", file(`{"a":${f32("[0,4]")},"\\u0061":${f32("[0,4]")}}`, 4), /"a" appears twice/],
    ["duplicate field", file('{"a":{"dtype":"U8","dtype":"F32"}}'), /tensor "a": the key "dtype" appears twice/],
    ["duplicate metadata", file('{"__metadata__":{"a":"1","a":"2"}}'), /__metadata__: the key "a" appears twice/],
    ["tensor named __proto__", file(`{"__proto__":${f32("[0,4]")}}`, 4), /"__proto__" is not allowed/],
    ["__proto__ under an escape", file(`{"__pr\\u006fto__":${f32("[0,4]")}}`, 4), /"__proto__" is not allowed/],
    ["metadata that is not text", file('{"__metadata__":{"a":1}}'), /__metadata__: expected "/],
    ["unknown dtype", file(`{"a":${entry("F128", "[1]", "[0,16]")}}`, 16), /tensor "a": unknown dtype "F128"/],
    ["dtype from the prototype", file(`{"a":${entry("toString", "[1]", "[0,4]")}}`, 4), /unknown dtype "toString"/],
    ["missing field", file('{"a":{"dtype":"U8","shape":[]}}'), /tensor "a": dtype, shape or data_offsets is missing/],
    ["unknown field", file('{"a":{"size":1}}'), /tensor "a": unknown key "size"/],
    ["tensor that is a number", file('{"a":1}'), /tensor "a": expected \{/],
    ["half a surrogate pair", file('{"\\ud800":{}}'), /half a surrogate pair/],
    ["control character in a name", file('{"a\n":{}}'), /not valid JSON/],
    ["nesting", file(`{"a":${"[".repeat(1_000_000)}`), /tensor "a": expected \{/],
    [
      "boolean of 2",
      Buffer.concat([file(`{"a":${entry("BOOL", "[1]", "[0,1]")}}`), Buffer.from([2])]),
      /neither 0 nor/,
    ],
  ];

  it.each(attacks)("refuses: %s", (_, bytes, reason) => {
    let error: unknown;
    try {
      readSafetensors(bytes, "hostile.safetensors");
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(CheckpointError);
    expect((error as Error).message).toMatch(/^cannot read hostile\.safetensors as safetensors: /);
    expect((error as Error).message).toMatch(reason);
  });

  it("keeps messages short and printable for long and odd names", () => {
    const name = `\u202e${"x".repeat(5000)}`;
    expect(() => readSafetensors(file(`{"${name}":1}`), "h")).toThrow(/^.{0,300}$/);
  });

  it("refuses every truncation", () => {
    for (let length = 0; length < pythonFile.length; length++) {
      expect(() => readSafetensors(pythonFile.subarray(0, length), "cut")).toThrow(CheckpointError);
    }
  });

  it("answers any mutation of a good file with a result or a typed error", () => {
    const mutation = fc.tuple(fc.nat(pythonFile.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 5 }), (mutations) => {
        const bytes = Buffer.from(pythonFile);
        for (const [at, value] of mutations) bytes[at] = value;
        try {
          readSafetensors(bytes, "mutated");
        } catch (error) {
          expect(error).toBeInstanceOf(DimsegError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
