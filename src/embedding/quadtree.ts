/**
 * The Barnes-Hut quadtree of t-SNE's repulsion (van der Maaten, "Accelerating t-SNE using tree-based algorithms", JMLR
 * 2014), in typed arrays that are filled anew for every iteration. Nodes lie in depth-first order and each knows where
 * its subtree ends, so that a walk needs neither recursion nor a stack.
 */

/** Points that a leaf holds at most: fewer make more walks, more make longer lists of what acts on each. */
const leafSize = 12;

export class Quadtree {
  /** Points in the tree's order, so that those of a leaf are neighbours in memory. */
  private readonly order: Int32Array;
  private readonly x: Float64Array;
  private readonly y: Float64Array;
  private nodes = 0;
  /** Of each node: the points [first, end), the node after its subtree, whether it has no children. */
  private readonly first: Int32Array;
  private readonly end: Int32Array;
  private readonly next: Int32Array;
  private readonly isLeaf: Uint8Array;
  /** Of each node: centre of mass and the square of the longer side of the smallest box around its points. */
  private readonly centreX: Float64Array;
  private readonly centreY: Float64Array;
  private readonly extent: Float64Array;
  /** Of each node: that box's middle and half sides. */
  private readonly middleX: Float64Array;
  private readonly middleY: Float64Array;
  private readonly halfX: Float64Array;
  private readonly halfY: Float64Array;
  /** What acts on the points of one leaf: places, and how many points stand there. */
  private readonly listX: Float64Array;
  private readonly listY: Float64Array;
  private readonly listWeight: Float64Array;

  /** @param count points that every tree will hold */
  constructor(private readonly count: number) {
    // Every inner node has at least two children, so that there are fewer inner nodes than leaves.
    const most = 2 * count;
    this.order = Int32Array.from({ length: count }, (_, i) => i);
    [this.x, this.y] = [new Float64Array(count), new Float64Array(count)];
    [this.first, this.end, this.next] = [new Int32Array(most), new Int32Array(most), new Int32Array(most)];
    this.isLeaf = new Uint8Array(most);
    [this.centreX, this.centreY] = [new Float64Array(most), new Float64Array(most)];
    this.extent = new Float64Array(most);
    [this.middleX, this.middleY] = [new Float64Array(most), new Float64Array(most)];
    [this.halfX, this.halfY] = [new Float64Array(most), new Float64Array(most)];
    [this.listX, this.listY] = [new Float64Array(count), new Float64Array(count)];
    this.listWeight = new Float64Array(count);
  }

  /** Fills the tree. @param points [count, 2] */
  build(points: Float64Array): void {
    this.nodes = 0;
    this.addNode(points, 0, this.count);
    for (let k = 0; k < this.count; k++) {
      this.x[k] = points[2 * this.order[k]];
      this.y[k] = points[2 * this.order[k] + 1];
    }
  }

  private addNode(points: Float64Array, first: number, end: number): void {
    const { order } = this;
    let [lowX, lowY, highX, highY] = [Infinity, Infinity, -Infinity, -Infinity];
    let [sumX, sumY] = [0, 0];
    for (let k = first; k < end; k++) {
      const x = points[2 * order[k]];
      const y = points[2 * order[k] + 1];
      if (x < lowX) lowX = x;
      if (x > highX) highX = x;
      if (y < lowY) lowY = y;
      if (y > highY) highY = y;
      sumX += x;
      sumY += y;
    }
    const node = this.nodes++;
    const side = Math.max(highX - lowX, highY - lowY);
    this.first[node] = first;
    this.end[node] = end;
    this.centreX[node] = sumX / (end - first);
    this.centreY[node] = sumY / (end - first);
    this.extent[node] = side * side;
    this.middleX[node] = (lowX + highX) / 2;
    this.middleY[node] = (lowY + highY) / 2;
    this.halfX[node] = (highX - lowX) / 2;
    this.halfY[node] = (highY - lowY) / 2;
    // Coinciding points cannot be separated: they stay together, however many they are.
    const leaf = end - first <= leafSize || side === 0;
    this.isLeaf[node] = leaf ? 1 : 0;
    if (!leaf) this.addChildren(points, first, end, between(lowX, highX), between(lowY, highY));
    this.next[node] = this.nodes;
  }

  private addChildren(points: Float64Array, first: number, end: number, middleX: number, middleY: number): void {
    const half = this.partition(points, first, end, 1, middleY);
    const lower = this.partition(points, first, half, 0, middleX);
    const upper = this.partition(points, half, end, 0, middleX);
    if (lower > first) this.addNode(points, first, lower);
    if (half > lower) this.addNode(points, lower, half);
    if (upper > half) this.addNode(points, half, upper);
    if (end > upper) this.addNode(points, upper, end);
  }

  /** Moves the points whose coordinate is at most `middle` to the front of [first, end); returns where they end. */
  private partition(points: Float64Array, first: number, end: number, axis: 0 | 1, middle: number): number {
    const { order } = this;
    let front = first;
    for (let k = first; k < end; k++) {
      const point = order[k];
      if (points[2 * point + axis] > middle) continue;
      order[k] = order[front];
      order[front++] = point;
    }
    return front;
  }

  /**
   * For every point i the sum over the others of q_ij² (y_i − y_j) with q_ij = 1/(1 + |y_i − y_j|²). Groups of points
   * whose size is below `angle` times their distance from the leaf of point i count as one at their centre.
   * @param forces [count, 2], overwritten
   * @returns the sum of all q_ij, i ≠ j
   */
  repulsion(angle: number, forces: Float64Array): number {
    let total = 0;
    for (let leaf = 0; leaf < this.nodes; leaf++) {
      if (this.isLeaf[leaf] === 1) total += this.repelLeaf(leaf, this.collect(leaf, angle * angle), forces);
    }
    // Each point met itself in its own leaf, with q = 1 and no force.
    return total - this.count;
  }

  /** Lists what acts on a leaf: groups that are far from its box, and single points. Returns the list's length. */
  private collect(leaf: number, angleSquared: number): number {
    const { nodes, first, end, next, isLeaf, centreX, centreY, extent, x, y, listX, listY, listWeight } = this;
    const [middleX, middleY] = [this.middleX[leaf], this.middleY[leaf]];
    const [halfX, halfY] = [this.halfX[leaf], this.halfY[leaf]];
    let length = 0;
    let node = 0;
    while (node < nodes) {
      const gapX = Math.max(Math.abs(centreX[node] - middleX) - halfX, 0);
      const gapY = Math.max(Math.abs(centreY[node] - middleY) - halfY, 0);
      if (extent[node] < angleSquared * (gapX * gapX + gapY * gapY)) {
        listX[length] = centreX[node];
        listY[length] = centreY[node];
        listWeight[length++] = end[node] - first[node];
        node = next[node];
        continue;
      }
      if (isLeaf[node] === 1) {
        for (let k = first[node]; k < end[node]; k++) {
          listX[length] = x[k];
          listY[length] = y[k];
          listWeight[length++] = 1;
        }
      }
      node++;
    }
    return length;
  }

  /** Forces on the points of a leaf by what {@link collect} listed; returns the sum of their q. */
  private repelLeaf(leaf: number, length: number, forces: Float64Array): number {
    const { x, y, order, listX, listY, listWeight } = this;
    let total = 0;
    for (let k = this.first[leaf]; k < this.end[leaf]; k++) {
      const px = x[k];
      const py = y[k];
      let fx = 0;
      let fy = 0;
      for (let at = 0; at < length; at++) {
        const dx = px - listX[at];
        const dy = py - listY[at];
        const q = 1 / (1 + dx * dx + dy * dy);
        const weight = listWeight[at] * q;
        total += weight;
        fx += weight * q * dx;
        fy += weight * q * dy;
      }
      forces[2 * order[k]] = fx;
      forces[2 * order[k] + 1] = fy;
    }
    return total;
  }
}

/** The middle of two different numbers, always below the higher, so that a cut there separates them. */
function between(low: number, high: number): number {
  const middle = low + (high - low) / 2;
  return middle < high ? middle : low;
}
