/**
 * The base of every network part: named parameters, buffers and children under PyTorch's own key names, so that
 * weights pass both ways. Layers are in layers.ts; nothing here knows a particular one.
 */
import { CheckpointError } from "../core/errors.js";
import { adopt, channelsLastFormat, type Device, noGrad, persist, scope, type Tensor } from "../torch/index.js";

/** Where and how a module's tensors lie. */
export interface Placement {
  device?: Device;
  /** "channelsLast" lays the channels of a pixel or voxel side by side, in the weights of convolutions. */
  memoryFormat?: "contiguous" | "channelsLast";
}

/** Something with parameters, buffers and parts, all named as PyTorch names them. */
export abstract class Module {
  /** Batch statistics and dropout (true) or running statistics and none (false). */
  training = true;
  private readonly ownParameters = new Map<string, Tensor>();
  private readonly ownBuffers = new Map<string, Tensor>();
  private readonly children = new Map<string, Module>();

  /** Registers a trainable tensor under PyTorch's name and returns it. */
  protected parameter(name: string, tensor: Tensor): Tensor {
    this.ownParameters.set(name, persist(tensor).requiresGrad_());
    return tensor;
  }

  /** Registers a tensor that is saved but not trained, and returns it. */
  protected buffer(name: string, tensor: Tensor): Tensor {
    this.ownBuffers.set(name, persist(tensor));
    return tensor;
  }

  /** Registers a part and returns it. */
  protected child<M extends Module>(name: string, module: M): M {
    this.children.set(name, module);
    return module;
  }

  /** This module and all parts below it, parents first, with their dotted names. */
  namedModules(prefix = ""): [string, Module][] {
    const below = [...this.children].flatMap(([name, module]) =>
      module.namedModules(prefix ? `${prefix}.${name}` : name),
    );
    return [[prefix, this], ...below];
  }

  private collect(select: (module: Module) => Map<string, Tensor>): [string, Tensor][] {
    return this.namedModules().flatMap(([path, module]) =>
      [...select(module)].map(([name, tensor]): [string, Tensor] => [path ? `${path}.${name}` : name, tensor]),
    );
  }

  /** Trainable tensors by name, in PyTorch's order. They stay owned by the module. */
  namedParameters(): [string, Tensor][] {
    return this.collect((module) => module.ownParameters);
  }

  /** Trainable tensors, in PyTorch's order. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, tensor]) => tensor);
  }

  /** Saved but untrained tensors (BatchNorm's running statistics) by name. */
  namedBuffers(): [string, Tensor][] {
    return this.collect((module) => module.ownBuffers);
  }

  /** Parameters and buffers under PyTorch's key names, in PyTorch's order. They stay owned by the module. */
  stateDict(): Map<string, Tensor> {
    return new Map(this.collect((module) => new Map([...module.ownParameters, ...module.ownBuffers])));
  }

  /**
   * Copies values into the parameters and buffers. PyTorch's `num_batches_tracked` counters are accepted and ignored.
   * @throws CheckpointError when a name is missing or unknown, or a shape differs; nothing is then copied
   */
  loadStateDict(state: ReadonlyMap<string, Tensor>): void {
    const own = this.stateDict();
    for (const [name, tensor] of own) {
      const given = state.get(name);
      if (!given)
        throw new CheckpointError(
          `loadStateDict: the weights have no tensor "${name}"; they belong to another network`,
        );
      if (String(given.shape) !== String(tensor.shape)) {
        throw new CheckpointError(
          `loadStateDict: "${name}" has shape [${given.shape}] but the network expects [${tensor.shape}]; check model width, channels and classes`,
        );
      }
    }
    for (const name of state.keys()) {
      if (!own.has(name) && !name.endsWith("num_batches_tracked")) {
        throw new CheckpointError(
          `loadStateDict: the network has no tensor "${name}"; the weights belong to another network`,
        );
      }
    }
    noGrad(() => {
      for (const [name, tensor] of own) tensor.copy_(state.get(name) as Tensor);
    });
  }

  /** Switches this module and its parts to training (true) or evaluation (false). Returns the module. */
  train(training = true): this {
    for (const [, module] of this.namedModules()) module.training = training;
    return this;
  }

  /** Evaluation mode: running statistics, no dropout. Returns the module. */
  eval(): this {
    return this.train(false);
  }

  /** Moves all tensors to a device or memory layout, in place. Returns the module. */
  to({ device, memoryFormat }: Placement): this {
    const move = () => {
      for (const [, tensor] of this.stateDict()) {
        const trained = tensor.requiresGrad;
        // Of tensors without such a layout the values already lie in order.
        const last = channelsLastFormat(tensor.ndim);
        const layout = last && memoryFormat === "channelsLast" ? last : last && memoryFormat;
        const moved = tensor.detach().to({ device, memoryFormat: layout, copy: true });
        adopt(tensor, trained ? moved.requiresGrad_() : moved);
      }
    };
    noGrad(() => scope(move));
    return this;
  }

  /** Frees all parameters and buffers now. */
  dispose(): void {
    for (const tensor of this.stateDict().values()) tensor.dispose();
  }
}

/** A module that maps one tensor to one tensor. */
export abstract class Layer extends Module {
  /** The layer's output. */
  abstract forward(input: Tensor): Tensor;
}
