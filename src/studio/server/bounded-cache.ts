/** Bytes by name, within a bound: those that were asked for longest ago go first. */
export class BoundedCache {
  private readonly kept = new Map<string, Uint8Array>();
  private bytes = 0;

  constructor(private readonly mostBytes: number) {}

  get(name: string): Uint8Array | undefined {
    const found = this.kept.get(name);
    if (found) {
      this.kept.delete(name);
      this.kept.set(name, found);
    }
    return found;
  }

  set(name: string, value: Uint8Array): void {
    this.remove(name);
    this.kept.set(name, value);
    this.bytes += value.length;
    for (const oldest of this.kept.keys()) {
      if (this.bytes <= this.mostBytes) break;
      this.remove(oldest);
    }
  }

  remove(name: string): void {
    this.bytes -= this.kept.get(name)?.length ?? 0;
    this.kept.delete(name);
  }
}
