/** Where labels are judged: on the grid that the network works at, or on that of the stored images. */
export const judgedGrids = ["network", "native"] as const;
/** One of {@link judgedGrids}. */
export type JudgedGrid = (typeof judgedGrids)[number];
