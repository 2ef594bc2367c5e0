/** Zooming and panning: what lies under the pointer stays there, and the image is never lost. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  fitView,
  panView,
  pinchView,
  toImage,
  toStage,
  zoomView,
} from "../../../src/studio/page/editor/view/transform.js";

const image = { width: 2048, height: 1024 };
const stage = { width: 800, height: 600 };
const place = fc.record({ x: fc.integer({ min: 100, max: 700 }), y: fc.integer({ min: 200, max: 400 }) });

describe("a view", () => {
  it("shows the whole image in the middle at first", () => {
    const view = fitView(image, stage);
    expect(view).toEqual({ scale: 768 / 2048, tall: 1, x: 16, y: (600 - 384) / 2 });
  });

  it("turns places into each other and back", () => {
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: 640 }), (at, tenths) => {
        const view = { scale: tenths / 10, tall: tenths / 100, x: -31.5, y: 12 };
        const back = toStage(view, toImage(view, at));
        expect(back.x).toBeCloseTo(at.x, 6);
        expect(back.y).toBeCloseTo(at.y, 6);
      }),
    );
  });

  it("keeps what lies under the pointer when it zooms in", () => {
    fc.assert(
      fc.property(place, fc.integer({ min: 10, max: 400 }), (at, tenths) => {
        const before = fitView(image, stage);
        const after = zoomView(before, tenths / 10, at, image, stage);
        const [was, is] = [toImage(before, at), toImage(after, at)];
        expect(is.x).toBeCloseTo(was.x, 6);
        expect(is.y).toBeCloseTo(was.y, 6);
      }),
    );
  });

  it("keeps what lies between two fingers when they spread", () => {
    const before = fitView(image, stage);
    const from = [
      { x: 300, y: 250 },
      { x: 400, y: 350 },
    ] as const;
    const to = [
      { x: 310, y: 230 },
      { x: 510, y: 430 },
    ] as const;
    const after = pinchView(before, from, to, image, stage);
    expect(after.scale).toBeCloseTo(2 * before.scale, 9);
    const [was, is] = [toImage(before, { x: 350, y: 300 }), toImage(after, { x: 410, y: 330 })];
    expect(is.x).toBeCloseTo(was.x, 6);
    expect(is.y).toBeCloseTo(was.y, 6);
  });

  it("never loses the image", () => {
    fc.assert(
      fc.property(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: -9999, max: 9999 }), place, (x, y, at) => {
        for (const factor of [1e-3, 1, 1e3]) {
          const view = panView(zoomView(fitView(image, stage), factor, at, image, stage), { x, y }, image, stage);
          expect(view.x).toBeLessThanOrEqual(stage.width - 48);
          expect(view.x + view.scale * image.width).toBeGreaterThanOrEqual(48);
          expect(view.y).toBeLessThanOrEqual(stage.height - 48);
          expect(view.y + view.scale * image.height).toBeGreaterThanOrEqual(48);
          expect(view.scale).toBeLessThanOrEqual(64);
        }
      }),
    );
  });
});
