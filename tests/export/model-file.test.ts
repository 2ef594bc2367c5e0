/** The bytes of ONNX files: by hand, and read back. */
import { describe, expect, it } from "vitest";
import { CheckpointError } from "../../src/core/errors.js";
import { encodeModel, type OnnxGraph, readMetadata } from "../../src/export/onnx/model-file.js";
import { Message } from "../../src/export/onnx/protobuf.js";

const hex = (message: Message) => Buffer.concat(message.chunks()).toString("hex");

describe("protobuf", () => {
  it("is written as the examples of its documentation", () => {
    expect(hex(new Message().integer(1, 150))).toBe("089601");
    expect(hex(new Message().text(2, "testing"))).toBe("120774657374696e67");
    expect(hex(new Message().message(3, new Message().integer(1, 150)))).toBe("1a03089601");
    expect(hex(new Message().integers(6, [3, 270, 86942]))).toBe("3206038e029ea705");
    expect(hex(new Message().integer(1, -2))).toBe("08feffffffffffffffff01");
    expect(hex(new Message().float(2, 1))).toBe("150000803f");
  });
});

const graph: OnnxGraph = {
  nodes: [
    {
      operator: "Relu",
      inputs: ["a"],
      output: "b",
      attributes: { one: 1, more: [1, 2], word: "w", half: { float: 0.5 } },
    },
  ],
  constants: [{ name: "c", type: "float32", shape: [1], data: new Uint8Array(4) }],
  inputs: [{ name: "a", type: "uint8", shape: ["batch", 3] }],
  outputs: [{ name: "b", type: "float32", shape: ["batch", 3] }],
};
const metadata = { first: "1", "dimseg.model": '{"é": "\u202e"}' };

describe("what a file says of itself", () => {
  const file = Buffer.concat(encodeModel(graph, metadata));

  it("is read back", () => {
    expect([...readMetadata(file, "m.onnx")]).toEqual(Object.entries(metadata));
  });

  it("is refused of anything else, cut off at any byte, with the file's name", () => {
    for (let length = 1; length < file.length; length++) {
      let read: Map<string, string> | undefined;
      try {
        read = readMetadata(file.subarray(0, length), "m.onnx");
      } catch (error) {
        expect(error).toBeInstanceOf(CheckpointError);
        expect((error as Error).message).toMatch(/^m\.onnx: is no ONNX file: .*; get a fresh copy of it$/);
      }
      // Between two fields a file cannot know what is missing.
      if (read) expect(read.has("dimseg.model")).toBe(false);
    }
    expect(() => readMetadata(Buffer.from("\u0089PNG\r\n\u001a\n", "latin1"), "m.onnx")).toThrow(CheckpointError);
    expect(() => readMetadata(new Uint8Array(64).fill(255), "m.onnx")).toThrow(CheckpointError);
  });
});
