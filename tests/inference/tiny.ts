/** A tiny U-Net with uneven weights and statistics, and data sets for it. */
import { join } from "node:path";
import { loadDataset } from "../../src/data/dataset.js";
import { UNet } from "../../src/nn/index.js";
import { Generator, noGrad, randn, scope, setThreads, type Tensor } from "../../src/torch/index.js";
import { png, put, putDatasetYaml } from "../data/files.js";
import { pixels } from "../data/tiny.js";

export { nestedClasses, pixels } from "../data/tiny.js";

// Images this small gain nothing from threads, and test files that run side by side lose by them.
setThreads(1);

/** A U-Net of width 2 whose running statistics are those of random images, as after training. */
export function tinyNetwork(inChannels: number, outChannels: number, seed = 1): UNet {
  const generator = new Generator(seed);
  const network = new UNet({ inChannels, outChannels, width: 2, generator });
  scope(() =>
    noGrad(() => {
      for (let i = 0; i < 20; i++) network.forward(randn([4, inChannels, 16, 16], { generator }));
    }),
  );
  generator.dispose();
  return network;
}

/** All values of a tensor. */
export function numbers(tensor: Tensor): number[] {
  return [...tensor.toNumbers()];
}

/**
 * Two domains of grey 16 x 16 images: `a` with four test cases, the last without a mask, and `b` with two. Masks are
 * squares of different sizes, the first empty. An `extra` file name goes to domain `a` in front.
 */
export function twoDomains(folder: string, changes: Record<string, unknown> = {}) {
  const write = (domain: string, count: number, masks: number) => {
    for (let i = 0; i < count; i++) {
      const side = domain === "a" ? 4 * i : 5;
      const mask = Array.from({ length: 256 }, (_, p) => (p % 16 < side && p >> 4 < side ? 1 : 0));
      put(join(folder, domain, `images/${i}.png`), png(16, 16, pixels(256, i + 10 * domain.charCodeAt(0))));
      if (i < masks) put(join(folder, domain, `masks/${i}.png`), png(16, 16, mask));
    }
  };
  write("a", 4, 3);
  write("b", 2, 2);
  const test = (domain: string) => ({ images: `${domain}/images/{id}.png`, masks: `${domain}/masks/{id}.png` });
  const domains = ["a", "b"].map((name) => ({ name, test: test(name) }));
  return loadDataset(putDatasetYaml(folder, { domains, ...changes }));
}
