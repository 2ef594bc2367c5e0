/** Colours of classes that name none, in their order: those of Okabe & Ito (2008), which colour-blind readers tell apart. */
export const partColours = ["#56b4e9", "#f0e442", "#e69f00", "#009e73", "#cc79a7", "#0072b2", "#d55e00"] as const;
