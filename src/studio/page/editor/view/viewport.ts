/** Which piece of the image the stage shows. It follows the stage's size until somebody zooms or pans. */
import { signal } from "@preact/signals";
import type { Size } from "../model/box.js";
import type { Point } from "../model/brush.js";
import { fitView, panView, pinchView, showPlace, toImage, type View, zoomView } from "./transform.js";

/** The view and who may move it. Places are CSS pixels of the stage. */
export class Viewport {
  readonly view = signal<View>({ scale: 1, tall: 1, x: 0, y: 0 });
  private stage: Size = { width: 1, height: 1 };
  private isFitted = true;

  /** @param tall how many times as tall as wide the image's pixels are */
  constructor(
    private readonly image: Size,
    private readonly tall: number,
  ) {}

  /** CSS pixels of the stage. */
  resize(stage: Size): void {
    this.stage = stage;
    if (this.isFitted) this.fit();
    else this.pan({ x: 0, y: 0 });
  }

  fit(): void {
    this.isFitted = true;
    this.view.value = fitView(this.image, this.stage, this.tall);
  }

  /** Zooms about a place, or about the middle. */
  zoom(factor: number, at: Point = { x: this.stage.width / 2, y: this.stage.height / 2 }): void {
    this.moved(zoomView(this.view.value, factor, at, this.image, this.stage));
  }

  pan(by: Point): void {
    this.moved(panView(this.view.value, by, this.image, this.stage));
  }

  pinch(from: readonly [Point, Point], to: readonly [Point, Point]): void {
    this.moved(pinchView(this.view.value, from, to, this.image, this.stage));
  }

  /** Brings a place of the image into sight. */
  show(at: Point): void {
    const view = showPlace(this.view.value, at, this.image, this.stage);
    if (view.x !== this.view.value.x || view.y !== this.view.value.y) this.moved(view);
  }

  /** The place of the image under one of the stage. */
  imageAt(at: Point): Point {
    return toImage(this.view.value, at);
  }

  private moved(view: View): void {
    this.isFitted = false;
    this.view.value = view;
  }
}
