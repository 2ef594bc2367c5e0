/** One operator of libtorch's dispatcher, looked up on first call. Used by the generated functions. */
import { native } from "./native.js";

const names = new Map<number, string>();

/** The name of an operator that was looked up, such as "aten::add.Tensor". */
export function operatorName(id: number): string {
  return names.get(id) ?? `operator ${id}`;
}

export class Operator {
  private index = -1;

  /** @param name for example "aten::add"  @param overload for example "Tensor", "" for the plain one */
  constructor(
    private readonly name: string,
    private readonly overload: string,
  ) {}

  /** The number the bridge knows this operator by. @throws UnknownOperatorError when this libtorch lacks it */
  get id(): number {
    if (this.index < 0) {
      this.index = native().findOperator(this.name, this.overload);
      names.set(this.index, this.overload === "" ? this.name : `${this.name}.${this.overload}`);
    }
    return this.index;
  }
}
