/**
 * Who frees a tensor. V8 does not see native memory, so ownership is explicit: a tensor made inside a scope belongs
 * to it and is freed when the scope ends; outside every scope a finalizer frees it when the object is collected.
 */
import { native } from "./native.js";

/** The part of a Tensor this file needs; Tensor is its only implementation. */
export interface Owned {
  handle: number;
  owner: Scope | null;
}

interface Scope {
  readonly parent: Scope | null;
  readonly owned: Owned[];
}

let current: Scope | null = null;

const finalizer = new FinalizationRegistry<number>((handle) => native().release(handle));

/** Gives a new tensor to the running scope, or to the finalizer. */
export function own(tensor: Owned): void {
  tensor.owner = current;
  if (current) current.owned.push(tensor);
  else leaveToCollector(tensor);
}

function leaveToCollector(tensor: Owned): void {
  finalizer.register(tensor, tensor.handle, tensor);
  native().leaveToCollector(tensor.handle);
}

/** Frees one tensor now; doing it twice is harmless. */
export function dispose(tensor: Owned): void {
  if (tensor.handle === 0) return;
  if (tensor.owner === null) finalizer.unregister(tensor);
  native().release(tensor.handle);
  tensor.handle = 0;
}

function moveTo(scope: Scope | null, tensor: Owned): void {
  if (tensor.handle === 0) return;
  tensor.owner = scope;
  if (scope) scope.owned.push(tensor);
  else leaveToCollector(tensor);
}

/** Takes a tensor out of all scopes: it now lives until it is disposed or collected. Returns the tensor. */
export function persist<T extends Owned>(tensor: T): T {
  if (tensor.owner !== null) moveTo(null, tensor);
  return tensor;
}

function isOwned(value: object): value is Owned {
  return "handle" in value && "owner" in value;
}

/** Hands every tensor inside `value` (arrays, plain objects, maps) from `from` to its parent. */
function keepResults(value: unknown, from: Scope): void {
  if (typeof value !== "object" || value === null) return;
  if (isOwned(value)) {
    if (value.owner === from) moveTo(from.parent, value);
  } else if (Array.isArray(value)) {
    for (const element of value) keepResults(element, from);
  } else if (value instanceof Map) {
    for (const element of value.values()) keepResults(element, from);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const element of Object.values(value)) keepResults(element, from);
  }
}

function close(scope: Scope): void {
  const handles: number[] = [];
  for (const tensor of scope.owned) {
    if (tensor.owner !== scope || tensor.handle === 0) continue;
    handles.push(tensor.handle);
    tensor.handle = 0;
  }
  if (handles.length > 0) native().releaseMany(Int32Array.from(handles));
}

/**
 * Runs `body` and frees every tensor it made, except those in its result (also inside arrays, plain objects and maps)
 * and those passed to {@link persist}.
 * @throws TypeError when `body` is asynchronous: other work could run inside its scope
 * @example const loss = scope(() => prediction.sub(target).square().mean().item());
 */
export function scope<T>(body: () => T): T {
  const entered: Scope = { parent: current, owned: [] };
  current = entered;
  try {
    const result = body();
    if (result instanceof Promise) throw new TypeError("scope: the function must not be asynchronous");
    keepResults(result, entered);
    return result;
  } finally {
    current = entered.parent;
    close(entered);
  }
}

/**
 * Lets `target` stand for the tensor of `source` from now on, keeping the JavaScript object that others hold.
 * The former tensor of `target` is freed; `source` is used up.
 */
export function adopt(target: Owned, source: Owned): void {
  if (target.owner === null) finalizer.unregister(target);
  if (source.owner === null) finalizer.unregister(source);
  native().release(target.handle);
  target.handle = source.handle;
  source.handle = 0;
  if (target.owner === null) leaveToCollector(target);
}
