/**
 * Draws on the stage's two canvases, once a frame and only what changed: the image below, which changes with the view,
 * and the overlay above, of which a stroke changes a rectangle. Its pixels are computed (overlay-raster.ts) and put in
 * place, so that no event costs as much as the image holds.
 */
import { type Box, clipBox, joinBoxes, type Size } from "../model/box.js";
import { drawLayer, type OverlayLayer, screenBox } from "./overlay-raster.js";
import type { View } from "./transform.js";

/** What is drawn. */
export interface Scene {
  readonly view: View;
  readonly mask: OverlayLayer;
  /** The model's mask, where it is shown. */
  readonly compared: OverlayLayer | null;
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  return canvas.getContext("2d") as CanvasRenderingContext2D;
}

/** The image as something that canvases draw from. */
function imageSource(data: Uint8ClampedArray, { width, height }: Size): OffscreenCanvas {
  const source = new OffscreenCanvas(width, height);
  const pixels = new ImageData(width, height);
  pixels.data.set(data);
  (source.getContext("2d") as OffscreenCanvasRenderingContext2D).putImageData(pixels, 0, 0);
  return source;
}

/** Draws one image and the masks over it. */
export class Painter {
  private readonly source: OffscreenCanvas;
  private readonly below: CanvasRenderingContext2D;
  private readonly above: CanvasRenderingContext2D;
  /** Pixels of the screen per CSS pixel. */
  private density = 1;
  /** What looks different, of the image; "all" where everything does. */
  private changed: Box | "all" | null = null;
  private frame = 0;

  /** @param scene asked at each frame */
  constructor(
    image: HTMLCanvasElement,
    overlay: HTMLCanvasElement,
    data: Uint8ClampedArray,
    private readonly size: Size,
    private readonly scene: () => Scene,
  ) {
    this.source = imageSource(data, size);
    this.below = contextOf(image);
    this.above = contextOf(overlay);
  }

  /** The stage has so many CSS pixels now. */
  resize({ width, height }: Size, density: number): void {
    this.density = density;
    for (const { canvas } of [this.below, this.above]) {
      canvas.width = Math.round(width * density);
      canvas.height = Math.round(height * density);
    }
    this.redraw();
  }

  /** A box of the image looks different. */
  redrawBox(box: Box): void {
    if (this.changed !== "all") this.changed = joinBoxes(this.changed, box);
    this.request();
  }

  /** Everything looks different. */
  redraw(): void {
    this.changed = "all";
    this.request();
  }

  /** Draws no more. */
  stop(): void {
    cancelAnimationFrame(this.frame);
  }

  private request(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    const { changed } = this;
    this.frame = 0;
    this.changed = null;
    if (changed === null) return;
    const scene = this.scene();
    const { scale, tall, x, y } = scene.view;
    const view = { scale: scale * this.density, tall, x: x * this.density, y: y * this.density };
    const stage = { width: this.above.canvas.width, height: this.above.canvas.height };
    if (changed === "all") this.drawImage(view, stage);
    const box = clipBox(changed === "all" ? { x: 0, y: 0, ...stage } : screenBox(changed, view), stage);
    if (box) this.drawOverlay(box, view, scene);
  }

  private drawImage(view: View, stage: Size): void {
    const { below } = this;
    below.setTransform(1, 0, 0, 1, 0, 0);
    below.clearRect(0, 0, stage.width, stage.height);
    below.setTransform(view.scale, 0, 0, view.scale * view.tall, view.x, view.y);
    // Enlarged, pixels are seen as they are; reduced, none is left out.
    below.imageSmoothingEnabled = view.scale < 1;
    below.imageSmoothingQuality = "medium";
    below.drawImage(this.source, 0, 0);
  }

  private drawOverlay(box: Box, view: View, { mask, compared }: Scene): void {
    const pixels = new ImageData(box.width, box.height);
    const words = new Uint32Array(pixels.data.buffer);
    drawLayer(words, box, view, this.size, mask, false);
    if (compared) drawLayer(words, box, view, this.size, compared, true);
    this.above.putImageData(pixels, box.x, box.y);
  }
}
