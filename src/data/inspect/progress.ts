/** How far a long look at files is: the part of the work, the steps done and all steps. */
export type Progress = (what: string, done: number, total: number) => void;
