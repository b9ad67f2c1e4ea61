/** A place in a file that a person wrote: what every rule, error and trace points back to. */
export interface SourceRange {
  /** As the user named it, relative to where they stand. */
  readonly file: string
  /** 1-based. */
  readonly line: number
  /** 1-based, in UTF-16 units. */
  readonly column: number
  /** Length in UTF-16 units on that line; at least 1. */
  readonly length: number
}

export const isSameSource = (one: SourceRange, other: SourceRange): boolean =>
  one.file === other.file &&
  one.line === other.line &&
  one.column === other.column &&
  one.length === other.length

/** `file:line:column` */
export const formatSource = ({ file, line, column }: SourceRange): string => `${file}:${line}:${column}`
