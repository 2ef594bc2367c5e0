/** The border between planes and colours side by side. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { deinterleave, interleave } from "../../src/grid/interleave.js";
import { planesOf } from "../data/stored.js";

it("moves channels to the front and back, of any sample type", () => {
  const side = Int16Array.from([1, -2, 3, 4, -5, 6]);
  expect(deinterleave(side, 3)).toEqual(Int16Array.from([1, 4, -2, -5, 3, 6]));
  expect(interleave(deinterleave(side, 3), 3)).toEqual(side);
});

it("drops the channels after those kept", () => {
  expect([...deinterleave(Uint8Array.from([1, 2, 99, 3, 4, 98]), 3, 2)]).toEqual([1, 3, 2, 4]);
  expect([...deinterleave(Uint8Array.from([1, 99, 3, 98]), 2, 1)]).toEqual([1, 3]);
});

it("undoes itself for any number of channels", () => {
  const property = fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(255)), (channels, values) => {
    const planes = Uint8Array.from(values.slice(0, values.length - (values.length % channels)));
    const sideBySide = interleave(planes, channels);
    expect(deinterleave(sideBySide, channels)).toEqual(planes);
    expect([...planes]).toEqual(planesOf(sideBySide, channels));
  });
  fc.assert(property, { numRuns: 100 });
});
