/** How a line of a verb's output begins that warns and ends nothing. */
export const warningPrefix = "warning: ";
