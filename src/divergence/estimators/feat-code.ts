/**
 * `featCode`: the joint distribution of class and feature code, class by class. The last decoder map is averaged over
 * cells of a few pixels, each cell is softly assigned to the codes of a book learnt on both domains, and the codes of a
 * class are a distribution: of labels for the source, of confident pseudo-labels for the target. Many cells a class make
 * it steadier than one vector an image.
 *
 * Shapes as suffixes: B images, F channels of the map, K classes, M codes, N cells of all images, S all spatial axes.
 */
import { z } from "zod";
import { averagePool, cat, positionRows, spatialShape, type Tensor } from "../../torch/index.js";
import { discreteDivergence } from "../discrete.js";
import { classPixels, meanOverPresent } from "./class-labels.js";
import { CodeBook } from "./code-book.js";
import type { DomainDivergence, DomainDivergenceOptions } from "./domain-divergence.js";
import { estimatorEntry } from "./entry.js";
import { estimator } from "./estimator.js";
import { features } from "./forward.js";

const options = {
  codes: z.int().min(2).default(32).describe("codes in the book"),
  cell: z.int().min(1).default(4).describe("pixels along each axis whose features are averaged"),
};
type Settings = z.output<z.ZodObject<typeof options>>;

/** Means over cells as float64 rows, [B, C, ...S] → [N, C]. */
function cellRows(mapBCS: Tensor, cell: number): Tensor {
  const size = spatialShape(mapBCS).map((side) => Math.min(side, cell));
  return positionRows(averagePool(mapBCS, size)).to({ dtype: "float64" });
}

/**
 * Codes of each class under weights of the cells.
 * @returns `values` [K, M] float32, each row a distribution; `present` [K, 1], 0 for a class without a cell
 */
function codesOfClasses(assignedNM: Tensor, weightsNK: Tensor): { values: Tensor; present: Tensor } {
  const totalsK1 = weightsNK.sum(0).unsqueeze(1);
  const values = weightsNK
    .transpose(0, 1)
    .matmul(assignedNM)
    .div(totalsK1.clamp({ min: 1e-12 }));
  return { values: values.to({ dtype: "float32" }), present: totalsK1.gt(0).to({ dtype: "float32" }) };
}

function createFeatCode(choices: DomainDivergenceOptions, { codes, cell }: Settings): DomainDivergence {
  const { divergence, kind, tauF = 1, seed = 0 } = choices;
  const book = new CodeBook(codes, seed);
  return estimator(
    {
      id: "featCode",
      describe(input, forward) {
        const { classes, ...maps } = features(input, forward);
        const pixels = classPixels(input, { classes, dtype: maps.source.dtype, kind }, "featCode");
        const [source, target] = [maps.source, maps.target].map((map) => cellRows(map, cell));
        // The book moves before D is taken, so that all passes of a step see the same one.
        if (input.learn ?? true) book.learn(cat([source, target]));
        const of = (rowsNF: Tensor, pixelsBKS: Tensor) => {
          const weightsNK = cellRows(pixelsBKS, cell);
          if (book.ready) return codesOfClasses(book.assign(rowsNF, tauF), weightsNK);
          // Without a book nothing is known of either domain.
          return codesOfClasses(
            rowsNF
              .narrow(1, 0, 1)
              .mul(0)
              .add(1 / codes)
              .expand([-1, codes]),
            weightsNK.mul(0),
          );
        };
        const [p, q] = [of(source, pixels.source), of(target, pixels.target)];
        const values = { source: p.values, target: q.values };
        return [{ name: "codes", values, present: { source: p.present, target: q.present } }];
      },
      compare: ([{ values, present }]) =>
        meanOverPresent(discreteDivergence(divergence, values.source, values.target), present!),
      learns: book,
    },
    choices,
  );
}

export const featCode = estimatorEntry({
  summary: "codes of the decoder features of each class, by a book learnt on both domains",
  source: "ours; the book after van den Oord et al., NIPS 2017",
  cost: "network on 2B images",
  options,
  create: createFeatCode,
});
