/** Tensors through safetensors files: every dtype to the bit, what the Python package wrote, what is refused. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect } from "vitest";
import { CheckpointError } from "../../src/core/errors.js";
import { readSafetensors } from "../../src/core/formats/safetensors.js";
import * as torch from "../../src/torch/index.js";
import { DtypeError, loadTensors, serializeTensors, type Tensor, tensor } from "../../src/torch/index.js";
import { numbers, tensorTest } from "../support/tensors.js";

const folder = mkdtempSync(join(tmpdir(), "dimseg-serialize-"));
afterAll(() => rmSync(folder, { recursive: true }));

function throughFile(tensors: [string, Tensor][]): Map<string, Tensor> {
  const path = join(folder, "tensors.safetensors");
  writeFileSync(path, Buffer.concat(serializeTensors(tensors)));
  return loadTensors(path);
}

const bytes = (x: Tensor) => Buffer.from(x.toTypedArray().buffer).toString("hex");

describe("a file written and read", () => {
  for (const dtype of [
    "float32",
    "float64",
    "float16",
    "bfloat16",
    "int64",
    "int32",
    "int16",
    "int8",
    "uint8",
  ] as const) {
    tensorTest(`holds ${dtype} to the bit`, () => {
      const x = tensor(
        [
          [0, 1, 2.5],
          [3, 100, 127],
        ],
        { dtype },
      );
      const back = throughFile([["x", x]]).get("x")!;
      expect([back.dtype, back.shape, bytes(back)]).toEqual([dtype, [2, 3], bytes(x)]);
    });
  }

  tensorTest("holds bool, NaN, scalars, empty tensors and any layout, in the order given", () => {
    const given: [string, Tensor][] = [
      ["z.bool", tensor([1, 0], { dtype: "bool" })],
      ["a.nan", tensor([Number.NaN, -0, Infinity])],
      ["scalar", tensor(5, { dtype: "int64" })],
      ["empty", torch.zeros([0, 2])],
      [
        "strided",
        tensor([
          [1, 2],
          [3, 4],
        ]).t(),
      ],
      ["trained", tensor([1]).requiresGrad_()],
    ];
    const back = throughFile(given);
    expect([...back.keys()].sort()).toEqual(given.map(([name]) => name).sort());
    for (const [name, x] of given) {
      const read = back.get(name)!;
      expect([name, read.dtype, read.shape, bytes(read)]).toEqual([name, x.dtype, x.shape, bytes(x)]);
      expect(read.requiresGrad).toBe(false);
    }
  });

  tensorTest("carries texts beside the tensors", () => {
    const file = Buffer.concat(serializeTensors([["x", tensor([1])]], { step: "3" }));
    expect(readSafetensors(file, "memory").metadata).toEqual({ step: "3" });
  });

  tensorTest("gives tensors that own their memory", () => {
    const x = tensor([1, 2]);
    const raw = torch.rawFromTensor(x);
    const back = torch.tensorFromRaw(raw);
    raw.data.fill(0);
    x.zero_();
    expect(numbers(back)).toEqual([1, 2]);
  });
});

/**
 * Written by safetensors 0.8.0 for Python from b = bfloat16 [1, −2, 3.140625], m = bool [[true, false]],
 * h = float16 [0.5] and i = int64 −5.
 */
const pythonFile =
  "00010000000000007b225f5f6d657461646174615f5f223a7b22666f726d6174223a227074227d2c2269223a7b226474797065223a224936" +
  "34222c227368617065223a5b5d2c22646174615f6f666673657473223a5b302c385d7d2c2262223a7b226474797065223a22424631362" +
  "22c227368617065223a5b335d2c22646174615f6f666673657473223a5b382c31345d7d2c2268223a7b226474797065223a22463136222" +
  "c227368617065223a5b315d2c22646174615f6f666673657473223a5b31342c31365d7d2c226d223a7b226474797065223a22424f4f4c2" +
  "22c227368617065223a5b312c325d2c22646174615f6f666673657473223a5b31362c31385d7d7d20202020fbffffffffffffff803f00c0" +
  "494000380100";

describe("a file from elsewhere", () => {
  tensorTest("written by PyTorch has PyTorch's values", () => {
    const path = join(folder, "python.safetensors");
    writeFileSync(path, Buffer.from(pythonFile, "hex"));
    const read = loadTensors(path);
    expect([...read].map(([name, x]) => [name, x.dtype, x.toArray()])).toEqual([
      ["i", "int64", -5],
      ["b", "bfloat16", [1, -2, 3.140625]],
      ["h", "float16", [0.5]],
      ["m", "bool", [[1, 0]]],
    ]);
  });

  tensorTest("is refused by name when it is cut short, no such file, or missing", () => {
    const path = join(folder, "short.safetensors");
    const whole = Buffer.from(pythonFile, "hex");
    for (const length of [0, 7, 100, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, length));
      expect(() => loadTensors(path)).toThrow(CheckpointError);
      expect(() => loadTensors(path)).toThrow(path);
    }
    expect(() => loadTensors(join(folder, "none.safetensors"))).toThrow(/none\.safetensors/);
  });

  tensorTest("may hold element types that the engine does not have", () => {
    const raw = { dtype: "U32", shape: [1], data: new Uint8Array(4) } as const;
    expect(() => torch.tensorFromRaw({ ...raw, shape: [1] })).toThrow(DtypeError);
    expect(() => torch.tensorFromRaw({ ...raw, shape: [1] })).toThrow("element type U32 is not supported");
  });
});
