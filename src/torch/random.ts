/** Seeded generators for libtorch's random operators, whose state can be saved and restored to the bit. */
import { native } from "./native.js";
import { type Device, Tensor } from "./tensor.js";

const finalizer = new FinalizationRegistry<number>((slot) => native().releaseGenerator(slot));

/** A stream of random numbers on one device, independent of libtorch's default generator. */
export class Generator implements Disposable {
  private slot: number;

  /** @param seed whole number below 2^53 @param device where the drawn tensors live */
  constructor(seed: number, device: Device = "cpu") {
    this.slot = native().createGenerator(device, seed);
    finalizer.register(this, this.slot, this);
  }

  /** @internal the bridge's number for it; -1 after it was disposed */
  get index(): number {
    return this.slot;
  }

  /** Starts the stream anew from a seed. */
  seed(seed: number): void {
    native().seedGenerator(this.index, seed);
  }

  /** The full state, as a uint8 tensor on the CPU. */
  getState(): Tensor {
    return new Tensor(native().generatorState(this.index));
  }

  /** Continues from a state taken by {@link getState}. */
  setState(state: Tensor): void {
    native().setGeneratorState(this.index, state.handle);
  }

  /** Frees the generator. Harmless when repeated. */
  dispose(): void {
    if (this.slot < 0) return;
    finalizer.unregister(this);
    native().releaseGenerator(this.slot);
    this.slot = -1;
  }

  /** Frees the generator at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Seeds libtorch's default generators on every device (used by operators without an explicit generator). */
export function manualSeed(seed: number): void {
  native().manualSeed(seed);
}
