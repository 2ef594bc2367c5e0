/** The mask editor's stage under a real pointer, by places of the image. */
import type { Page } from "playwright-core";
import type { Point } from "../../src/studio/page/editor/model/brush.js";
import { fitView, toStage } from "../../src/studio/page/editor/view/transform.js";

/** An image as the stage shows it. */
export interface StagedImage {
  readonly width: number;
  readonly height: number;
  /** How many times as tall as wide its pixels are. */
  readonly tall?: number;
}

/** The stage, as long as nobody zooms. Places are pixels of the image, (0, 0) in the middle of the first one. */
export class Stage {
  constructor(
    private readonly page: Page,
    private readonly image: StagedImage,
  ) {}

  private async onPage(): Promise<(at: Point) => [x: number, y: number]> {
    const element = this.page.locator(".editor-stage");
    await element.waitFor();
    await element.scrollIntoViewIfNeeded();
    const box = (await element.boundingBox()) as { x: number; y: number; width: number; height: number };
    const view = fitView(this.image, box, this.image.tall);
    return (at) => {
      const { x, y } = toStage(view, { x: at.x + 0.5, y: at.y + 0.5 });
      return [box.x + x, box.y + y];
    };
  }

  /** Presses at the first place, goes over the others, and lifts. */
  async stroke(...places: readonly Point[]): Promise<void> {
    const onPage = await this.onPage();
    const [first, ...others] = places;
    await this.page.mouse.move(...onPage(first));
    await this.page.mouse.down();
    // As fast as a hand can be: nobody waits for the page at each place, and it joins those that come within a frame.
    await Promise.all(others.map((place) => this.page.mouse.move(...onPage(place))));
    await this.page.mouse.up();
  }

  /** The same, and waits until the studio has it. @returns whether it took it */
  async savedStroke(...places: readonly Point[]): Promise<boolean> {
    const taken = this.page.waitForResponse((response) => response.url().endsWith("/draft/strokes"));
    await this.stroke(...places);
    return (await taken).ok();
  }

  /** Sets the brush to so many pixels. */
  async brush(diameter: number): Promise<void> {
    await this.page.getByRole("slider", { name: "Size" }).fill(String(diameter));
  }
}
