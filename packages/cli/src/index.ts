/** Nothing to import: this package is a program. */
export {};
