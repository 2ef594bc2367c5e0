/**
 * The strokes of a correction on their way to the studio. Each says how many came before it, so that one that is sent twice
 * is taken once, and one that was drawn on an older state is refused. Until the studio has them the browser keeps them.
 */
import { signal } from "@preact/signals";
import { encodeMaskPatch, type MaskPatch } from "../../../grid/mask-patch.js";
import type { DraftFacts } from "../../../workflows/studio/shown/corrections.js";
import type { SaveState } from "../editor/props.js";
import { isForGood, post } from "../parts/server.js";
import { Autosave, Refused } from "./autosave.js";
import { type KeptStroke, StrokeStore, type WaitingStroke } from "./stroke-store.js";

/** A stroke as it is drawn. */
export interface DrawnStroke extends Pick<WaitingStroke, "plane" | "slice" | "model"> {
  readonly patch: MaskPatch;
}

interface Sending {
  readonly stroke: WaitingStroke;
  /** Null where the browser does not keep it. */
  readonly key: Promise<IDBValidKey | null>;
}

function base64(bytes: Uint8Array): string {
  const piece = 8192;
  let text = "";
  for (let i = 0; i < bytes.length; i += piece) text += String.fromCharCode(...bytes.subarray(i, i + piece));
  return btoa(text);
}

/** Waits, but no longer than until somebody comes back to the page. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      window.removeEventListener("focus", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    window.addEventListener("focus", end);
  });
}

async function send(path: string, { session, number, plane, slice, patch, model }: WaitingStroke): Promise<void> {
  const body = {
    session,
    strokes: number,
    plane,
    slice,
    patch: base64(patch),
    ...(model === undefined ? {} : { model }),
  };
  await post(`${path}/strokes`, body).catch((error) => {
    throw isForGood(error) ? new Refused(error.message) : error;
  });
}

/**
 * Sends what a closed page of this browser could not.
 * @returns the strokes that the studio has then, and how many it refused: they were drawn on an older state
 * @throws Error while the studio does not answer
 */
async function deliver(path: string, kept: readonly KeptStroke[], store: StrokeStore, strokes: number) {
  let sent = 0;
  try {
    for (const { stroke } of kept) {
      await send(path, stroke);
      sent++;
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
  }
  for (const { key } of kept) await store.remove(key);
  const last = sent > 0 ? kept[sent - 1].stroke.number + 1 : 0;
  return { strokes: Math.max(strokes, last), refused: kept.length - sent };
}

export class Outbox {
  readonly saving = signal<SaveState>({ waiting: 0, failure: null });
  private readonly autosave: Autosave<Sending>;
  private isKept = true;

  private constructor(
    private readonly path: string,
    private readonly session: string,
    private readonly store: StrokeStore | null,
    private strokes: number,
    /** Kept strokes that were refused when it was opened. */
    readonly refused: number,
  ) {
    this.autosave = new Autosave(
      (sending) => this.send(sending),
      (state) => {
        this.saving.value = { ...state, isKept: this.isKept };
      },
      pause,
    );
  }

  /**
   * Opens it, and first delivers what the browser still keeps.
   * @param path of the draft's routes
   * @throws Error while the studio does not answer
   */
  static async open(path: string, { session, strokes }: DraftFacts): Promise<Outbox> {
    const store = await StrokeStore.open();
    const kept = (await store?.of(session)) ?? [];
    const delivered = store ? await deliver(path, kept, store, strokes) : { strokes, refused: 0 };
    return new Outbox(path, session, store, delivered.strokes, delivered.refused);
  }

  /** What writing the mask and giving up are sent with: the correction, and how much of it this page has seen. */
  get seen(): { session: string; strokes: number } {
    return { session: this.session, strokes: this.strokes };
  }

  /** Takes a stroke. */
  add({ patch, ...place }: DrawnStroke): void {
    const stroke = { session: this.session, number: this.strokes++, ...place, patch: encodeMaskPatch(patch) };
    const key = this.keep(stroke);
    this.autosave.add({ stroke, key });
  }

  private async keep(stroke: WaitingStroke): Promise<IDBValidKey | null> {
    const key = await this.store?.add(stroke).catch(() => null);
    this.isKept = key !== null && key !== undefined;
    return key ?? null;
  }

  private async send({ stroke, key }: Sending): Promise<void> {
    await send(this.path, stroke);
    const kept = await key;
    if (kept !== null) await this.store?.remove(kept);
  }
}
