/** The allocator that keeps freed blocks: values stay apart, memory is reused, bounded and given back. */
import { beforeAll, describe, expect, it } from "vitest";
import { RandomStream } from "../../src/core/random.js";
import {
  empty,
  full,
  keepFreedMemory,
  liveTensors,
  returnFreedMemory,
  scope,
  type Tensor,
} from "../../src/torch/index.js";

const mebibyte = 2 ** 20;
const resident = () => process.memoryUsage.rss() / mebibyte;

/** A uint8 tensor of so many bytes, all of one value, so that every page is touched. */
const block = (bytes: number, value = 1) => full([bytes], value, { dtype: "uint8" });

/** Makes and frees blocks of so many MiB one after the other. */
function churn(sizes: readonly number[]): void {
  for (const size of sizes) block(size * mebibyte).dispose();
}

beforeAll(() => {
  expect(keepFreedMemory()).toBe(true);
  // Asking twice must not stack a second allocator on the first.
  expect(keepFreedMemory()).toBe(true);
});

describe("keepFreedMemory", () => {
  it("never hands out memory that is in use, whatever the sizes and order", () => {
    const stream = new RandomStream(1, "allocator");
    const alive: { tensor: Tensor; bytes: number; value: number }[] = [];
    const check = ({ tensor, bytes, value }: (typeof alive)[number]) =>
      scope(() => {
        expect([tensor.numel, tensor.amin([0]).item(), tensor.amax([0]).item()]).toEqual([bytes, value, value]);
      });
    const before = liveTensors();
    for (let i = 0; i < 120; i++) {
      const bytes = Math.floor(2 ** stream.uniform(12, 24)) + stream.integer(0, 3);
      alive.push({ bytes, value: i % 251, tensor: block(bytes, i % 251) });
      if (alive.length > 12) {
        const [last] = alive.splice(stream.integer(0, alive.length - 1), 1);
        check(last);
        last.tensor.dispose();
      }
    }
    for (const last of alive) {
      check(last);
      last.tensor.dispose();
    }
    expect(liveTensors()).toBe(before);
  });

  it("keeps blocks for the next time and gives them back on request", () => {
    returnFreedMemory();
    const start = resident();
    churn([128]);
    expect(resident() - start).toBeGreaterThan(120);
    churn([128, 120, 128]);
    expect(resident() - start).toBeLessThan(140);
    returnFreedMemory();
    expect(resident() - start).toBeLessThan(20);
  });

  it("keeps no more than a third above what was needed at once, however sizes change", () => {
    returnFreedMemory();
    const start = resident();
    for (let size = 100; size > 10; size -= 7) churn([size]);
    expect(resident() - start).toBeLessThan(100 * 1.3 + 10);
    returnFreedMemory();
  });

  it("lets a tensor outlive the request to give memory back", () => {
    const kept = block(4 * mebibyte, 7);
    returnFreedMemory();
    expect(scope(() => kept.to({ dtype: "int64" }).sum().item())).toBe(7 * 4 * mebibyte);
    kept.dispose();
  });

  it("serves empty tensors and copies larger than their source", () => {
    scope(() => {
      expect(empty([0]).toArray()).toEqual([]);
      const grown = full([2 * mebibyte], 3, { dtype: "uint8" }).repeat([2]);
      expect(grown.eq(3).all().item()).toBe(1);
    });
  });
});
