/**
 * What mouse, pen and fingers do on the stage. One pointer draws; two fingers move and zoom; so does the wheel, and a
 * pointer while the space bar is held. Once a pen was seen, fingers only move the image, as a hand rests on the screen.
 */
import type { Point } from "../model/brush.js";
import type { EditorSession } from "../session.js";
import { type SettingsSignal, steppedDiameter } from "../settings.js";
import type { View } from "./transform.js";
import type { Viewport } from "./viewport.js";

/** What the pointers move. */
export interface PointerTarget {
  readonly session: EditorSession;
  readonly viewport: Viewport;
  readonly settings: SettingsSignal;
  /** Whether strokes are drawn at all. */
  canDraw(): boolean;
}

/** CSS pixels within which a polygon's corner counts as met. */
const cornerReach = 8;

/** The same in pixels of the image, along their longer side. */
export function reachIn({ scale, tall }: View): number {
  return cornerReach / (scale * Math.max(1, tall));
}

/** How much a notch of a wheel zooms; trackpads send many small ones. */
const zoomPerPixel = 1.0015;

/** Bit of `buttons` for the other end of a pen. */
const penEraser = 32;

/** The events that a browser joined into one for a frame, as a fast hand passes places that only they tell. */
function placesBetween(event: PointerEvent): readonly PointerEvent[] {
  // Browsers offer them on this machine and over https alone.
  const joined = "getCoalescedEvents" in event ? event.getCoalescedEvents() : [];
  return joined.length > 0 ? joined : [event];
}

/** The pointers on one stage. */
export class Pointers {
  private readonly places = new Map<number, Point>();
  private readonly listeners = new AbortController();
  /** The pointer that draws, and the one that pans. */
  private drawer: number | null = null;
  private panner: number | null = null;
  private hasPen = false;
  private isSpaceDown = false;

  constructor(
    private readonly stage: HTMLElement,
    private readonly target: PointerTarget,
  ) {
    const { signal } = this.listeners;
    const on = <Name extends keyof HTMLElementEventMap>(
      name: Name,
      listener: (event: HTMLElementEventMap[Name]) => void,
    ) => stage.addEventListener(name, listener, { signal, passive: false });
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.moved(event));
    on("pointerup", (event) => this.up(event));
    on("pointercancel", (event) => this.lost(event));
    on("pointerleave", () => this.left());
    on("wheel", (event) => this.wheel(event));
    on("contextmenu", (event) => event.preventDefault());
  }

  /** Listens no more. */
  stop(): void {
    this.listeners.abort();
  }

  /** Whether the space bar is held. */
  holdSpace(isDown: boolean): void {
    this.isSpaceDown = isDown;
    this.stage.toggleAttribute("data-pan", isDown);
  }

  private place({ clientX, clientY }: MouseEvent): Point {
    const { left, top } = this.stage.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }

  private imageAt(event: MouseEvent): Point {
    return this.target.viewport.imageAt(this.place(event));
  }

  private down(event: PointerEvent): void {
    const isTouch = event.pointerType === "touch";
    if (event.pointerType === "pen") this.hasPen = true;
    if (event.button > 1 && !(event.buttons & penEraser)) return;
    this.stage.setPointerCapture(event.pointerId);
    this.places.set(event.pointerId, this.place(event));
    if (this.places.size > 1) {
      this.beginPinch();
      return;
    }
    const pans = event.button === 1 || this.isSpaceDown || !this.target.canDraw() || (isTouch && this.hasPen);
    if (pans) {
      this.panner = event.pointerId;
      return;
    }
    this.target.session.lift();
    this.drawer = event.pointerId;
    if (this.isStroke()) this.begin(event);
  }

  /** Brush and eraser draw from the first touch on; other tools wait for the end of it, which two fingers have not. */
  private isStroke(): boolean {
    return ["brush", "eraser"].includes(this.target.settings.value.tool);
  }

  private begin(event: PointerEvent): void {
    this.target.session.begin(this.imageAt(event), reachIn(this.target.viewport.view.value), this.look(event));
  }

  /** Two fingers: what the first began was no stroke. */
  private beginPinch(): void {
    if (this.drawer !== null) this.target.session.abandon();
    this.drawer = null;
    this.panner = null;
  }

  private look({ pointerType, pressure, buttons }: PointerEvent): { pressure?: number; isEraser: boolean } {
    return { ...(pointerType === "pen" ? { pressure } : {}), isEraser: (buttons & penEraser) !== 0 };
  }

  private moved(event: PointerEvent): void {
    const before = this.places.get(event.pointerId);
    const at = this.place(event);
    if (before) this.places.set(event.pointerId, at);
    if (before && this.places.size === 2) this.pinch(event.pointerId, before);
    else if (before && this.panner === event.pointerId)
      this.target.viewport.pan({ x: at.x - before.x, y: at.y - before.y });
    else this.draw(event);
  }

  /** Follows a pointer that draws, or that none of the others keeps from being followed. */
  private draw(event: PointerEvent): void {
    if (this.drawer !== null && this.drawer !== event.pointerId) return;
    // A hand that brushes against the mouse moves no pen of the keyboard's.
    if (this.target.session.isPenDown.value) return;
    const places = this.drawer === null ? [event] : placesBetween(event);
    for (const one of places) this.target.session.move(this.imageAt(one), this.look(one));
  }

  private pinch(moved: number, before: Point): void {
    const [[a, first], [b, second]] = [...this.places] as [[number, Point], [number, Point]];
    this.target.viewport.pinch([moved === a ? before : first, moved === b ? before : second], [first, second]);
  }

  private up(event: PointerEvent): void {
    this.places.delete(event.pointerId);
    if (this.drawer === event.pointerId) {
      if (this.isStroke()) this.target.session.end();
      else this.begin(event);
    }
    this.release(event);
  }

  /** The system took a pointer away, as for a gesture of its own. */
  private lost(event: PointerEvent): void {
    this.places.delete(event.pointerId);
    if (this.drawer === event.pointerId) this.target.session.abandon();
    this.release(event);
  }

  private release({ pointerId, pointerType }: PointerEvent): void {
    if (this.drawer === pointerId) this.drawer = null;
    if (this.panner === pointerId) this.panner = null;
    if (pointerType === "touch") this.target.session.cursor.value = null;
  }

  private left(): void {
    const { session } = this.target;
    if (this.drawer === null && !session.isPenDown.value) session.cursor.value = null;
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const { settings, viewport } = this.target;
    // With the shift key some systems turn the wheel sideways.
    const turned = event.deltaY || event.deltaX;
    if (event.shiftKey) {
      settings.value = { ...settings.value, diameter: steppedDiameter(settings.value.diameter, turned < 0 ? 1 : -1) };
      return;
    }
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 32 * turned : turned;
    // Pinching on a trackpad comes as a wheel with the control key, in small steps.
    viewport.zoom(zoomPerPixel ** (-pixels * (event.ctrlKey ? 6 : 1)), this.place(event));
  }
}
