/** One open mask with all that its tools, keys and panels share. */
import { computed, signal } from "@preact/signals";
import type { TargetKind } from "../../../core/target-kind.js";
import type { Part } from "./model/parts.js";
import type { SaveState } from "./props.js";
import { EditorSession, type SessionSource } from "./session.js";
import type { Settings, Tool } from "./settings.js";
import { edgeColours, fillColours } from "./view/overlay-colours.js";
import type { Scene } from "./view/painter.js";
import { reachIn } from "./view/pointers.js";
import { Viewport } from "./view/viewport.js";

/** The words and ways of one mask's editor. */
export class Editor {
  readonly session: EditorSession;
  readonly viewport: Viewport;
  readonly parts: readonly Part[];
  readonly target: TargetKind;
  readonly settings: SessionSource["settings"];
  /** The model's mask of the image, where there is one. */
  readonly prediction = signal<Uint8Array | null>(null);
  /** What predicted it. */
  predictedBy = "";
  /** Why there is none (yet). */
  readonly predictionNote = signal<string | null>(null);
  readonly isReadOnly = signal(false);
  readonly saving = signal<SaveState>({ waiting: 0, failure: null });
  readonly isSheetOpen = signal(false);

  private readonly look = computed(() => ({ ...this.drawn, hidden: this.hidden.value }));
  private readonly hidden = computed(() => this.settings.value.hidden);
  private readonly edge = computed(() => edgeColours(this.look.value));
  private readonly opacity = computed(() => (this.settings.value.isOutlined ? 0 : this.settings.value.opacity));
  private readonly fill = computed(() => fillColours(this.look.value, this.opacity.value));

  constructor(source: SessionSource) {
    this.session = new EditorSession(source);
    this.viewport = new Viewport(source.image, source.image.tall ?? 1);
    this.parts = source.parts;
    this.target = source.target;
    this.settings = source.settings;
  }

  private get drawn() {
    return { parts: this.parts, target: this.target };
  }

  /** What is to be seen now; whoever reads it as a signal is told when it changes. */
  scene(): Scene {
    const colours = { fill: this.fill.value, edge: this.edge.value };
    const prediction = this.settings.value.isComparing ? this.prediction.value : null;
    return {
      view: this.viewport.view.value,
      mask: { codes: this.session.document.codes, colours },
      compared: prediction && { codes: prediction, colours },
    };
  }

  /** The tool at work: of a mask that may only be read it is the hand. */
  get tool(): Tool {
    return this.isReadOnly.value ? "pan" : this.settings.value.tool;
  }

  set(some: Partial<Settings>): void {
    this.settings.value = { ...this.settings.value, ...some };
  }

  choose(tool: Tool): void {
    this.session.settle();
    this.set({ tool });
  }

  choosePart(part: Part): void {
    this.session.settle();
    this.set({ part: part.value });
  }

  /** Shows a part or hides it. */
  toggleShown({ value }: Part): void {
    const hidden = new Set(this.settings.value.hidden);
    if (!hidden.delete(value)) hidden.add(value);
    this.set({ hidden });
  }

  /** Puts the model's mask in place. */
  accept(): void {
    if (this.prediction.value) this.session.accept(this.prediction.value, this.predictedBy);
  }

  /** The keyboard's press, at its cursor. */
  press(): void {
    this.session.press(reachIn(this.viewport.view.value) / 4);
  }

  /** Moves the keyboard's cursor, and the view after it. */
  moveCursor(x: number, y: number): void {
    this.viewport.show(this.session.moveCursor({ x, y }));
  }
}
