/** A class of a data set, apart from the files that data sets are made of: a browser knows it, too. */

/** A class; `colour` is always there. */
export interface DatasetClass {
  readonly index: number;
  readonly name: string;
  readonly colour: string;
  readonly inside?: string;
}
