/** Tensors, generators and errors on CUDA. */
import { beforeAll, expect, it } from "vitest";
import * as torch from "../../src/torch/index.js";
import { OutOfMemoryError } from "../../src/torch/index.js";
import { describeCuda } from "./device.js";

const device = "cuda";

describeCuda("the engine on CUDA", () => {
  beforeAll(() => torch.useDevice(device));

  it("computes there and gives the values back", () => {
    torch.scope(() => {
      const x = torch.arange(6, { dtype: "float32", device }).reshape([2, 3]);
      expect(x.device).toBe("cuda:0");
      expect([...x.matmul(x.transpose(0, 1)).toNumbers()]).toEqual([5, 14, 14, 50]);
      torch.synchronize(device);
    });
  });

  it("draws the same numbers from the same seed and state", () => {
    torch.scope(() => {
      using generator = new torch.Generator(7, device);
      const state = generator.getState();
      const draw = () => [...torch.randn([1000], { generator, device }).toNumbers()];
      const first = draw();
      expect(draw()).not.toEqual(first);
      generator.setState(state);
      expect(draw()).toEqual(first);
      using other = new torch.Generator(7, device);
      expect([...torch.randn([1000], { generator: other, device }).toNumbers()]).toEqual(first);
    });
  });

  it("multiplies float32 to its full precision", () => {
    torch.scope(() => {
      using generator = new torch.Generator(0);
      const [a, b] = [torch.randn([64, 512], { generator }), torch.randn([512, 64], { generator })];
      const exact = a.to({ dtype: "float64" }).matmul(b.to({ dtype: "float64" }));
      const got = a.to({ device }).matmul(b.to({ device })).to({ device: "cpu", dtype: "float64" });
      // TensorFloat-32 is off by some 2e-2 here.
      expect(got.sub(exact).abs().amax().item()).toBeLessThan(2e-4);
      const [x, w] = [torch.randn([2, 64, 16, 16], { generator }), torch.randn([64, 64, 3, 3], { generator })];
      const wanted = torch.conv2d(x.to({ dtype: "float64" }), w.to({ dtype: "float64" }), { padding: [1, 1] });
      const convolved = torch.conv2d(x.to({ device }), w.to({ device }), { padding: [1, 1] });
      expect(convolved.to({ device: "cpu", dtype: "float64" }).sub(wanted).abs().amax().item()).toBeLessThan(1e-3);
    });
  });

  it("says in one sentence that memory ran out, and goes on", () => {
    torch.scope(() => {
      expect(() => torch.empty([2 ** 42], { device })).toThrow(OutOfMemoryError);
      expect(torch.ones([3], { device }).sum().item()).toBe(3);
    });
  });

  it("refuses a device that is not there", () => {
    expect(() => torch.useDevice("cuda:99")).toThrow('device is "cuda:99", but this engine sees');
  });
});
