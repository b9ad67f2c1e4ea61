/** What a diagnostic number means, for people. */
export interface DiagnosticEntry {
  readonly title: string
  /** Paragraphs are separated by an empty line. */
  readonly text: string
}

export const entry = (title: string, ...paragraphs: string[]): DiagnosticEntry => ({
  title,
  text: paragraphs.join('\n\n'),
})
