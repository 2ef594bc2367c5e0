/** Captured work on the CPU: the rules that a GPU's graph has, and the same numbers as without one. */
import { describe, expect, it } from "vitest";
import {
  CaptureError,
  conv2d,
  DisposedError,
  Generator,
  Graph,
  grad,
  manualSeed,
  noGrad,
  rand,
  scope,
  type Tensor,
  tensor,
} from "../../src/torch/index.js";

const numbers = (values: Tensor) => [...values.toNumbers()];

describe("a captured stretch of work", () => {
  it("runs once as it is captured, and again with what its inputs hold then", () => {
    scope(() => {
      const x = tensor([1, 2, 3]);
      let doubled: Tensor | undefined;
      using graph = Graph.capture("cpu", () => {
        doubled = x.mul(2).add(x.sum());
      });
      expect(numbers(doubled as Tensor)).toEqual([8, 10, 12]);
      x.copy_(tensor([0, 1, 0]));
      graph.replay();
      expect(numbers(doubled as Tensor)).toEqual([1, 3, 1]);
    });
  });

  it("moves what it changes in place on at every repetition", () => {
    scope(() => {
      const [state, by] = [tensor([1]), tensor([3])];
      using graph = Graph.capture("cpu", () => {
        state.mul_(by);
        state.narrow(0, 0, 1).add_(1);
      });
      for (let i = 0; i < 3; i++) graph.replay();
      expect(numbers(state)).toEqual([121]);
    });
  });

  it("holds gradients, and draws of libtorch's own generator anew from its state", () => {
    scope(() => {
      using generator = new Generator(1);
      const weight = rand([2, 1, 3, 3], { generator }).requiresGrad_();
      const image = rand([1, 1, 8, 8], { generator });
      const step = () => {
        const loss = conv2d(image, weight).dropout(0.5, true).square().mean();
        const [gradient] = grad(loss, [weight]);
        noGrad(() => weight.sub_(gradient.mul(0.1)));
      };
      const begin = weight.detach().clone();
      const eager = [1, 2, 3, 4].map((seed) => {
        manualSeed(seed);
        step();
        return numbers(weight);
      });
      noGrad(() => weight.copy_(begin));
      manualSeed(1);
      using graph = Graph.capture("cpu", step);
      const captured = [numbers(weight)];
      for (const seed of [2, 3, 4]) {
        manualSeed(seed);
        graph.replay();
        captured.push(numbers(weight));
      }
      expect(captured).toEqual(eager);
    });
  });
});

describe("what cannot be captured is refused, and the thread works on", () => {
  it.each<[string, (x: Tensor) => void, string]>([
    ["reads a value", (x) => void x.sum().item(), "must not read values of the device"],
    ["asks for as many values as there are", (x) => void x.nonzero(), "aten::nonzero reads values of the device"],
    ["sends values", (x) => void x.add(tensor([1, 2])), "a captured step must not send values"],
  ])("a body that %s", (_, body, message) => {
    scope(() => {
      const x = tensor([1, 2]);
      expect(() => Graph.capture("cpu", () => body(x))).toThrow(message);
      expect(() => Graph.capture("cpu", () => body(x))).toThrow(CaptureError);
      expect(numbers(x.add(1))).toEqual([2, 3]);
    });
  });

  it("a graph that was disposed", () => {
    scope(() => {
      const x = tensor([1]);
      const graph = Graph.capture("cpu", () => void x.add_(1));
      graph.dispose();
      graph.dispose();
      expect(() => graph.replay()).toThrow(DisposedError);
    });
  });

  it("a repetition that would read what was freed", () => {
    scope(() => {
      const [kept, result] = [tensor([1]), tensor([0])];
      const passing = tensor([2]);
      using graph = Graph.capture("cpu", () => void result.copy_(kept.mul(passing).reshape([1])));
      graph.replay();
      expect(numbers(result)).toEqual([2]);
      passing.dispose();
      expect(() => graph.replay()).toThrow("a tensor that captured work reads has been freed");
    });
  });

  it("a capture within a capture", () => {
    scope(() => {
      const x = tensor([1]);
      const inner = () => void Graph.capture("cpu", () => void x.add(1));
      expect(() => Graph.capture("cpu", inner)).toThrow("has begun");
    });
  });
});
