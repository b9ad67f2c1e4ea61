/** Breaks paragraphs into lines that are pleasant to read. @param width characters */
export const wrapped = (text: string, width = 80): string =>
  text
    .split('\n\n')
    .map((paragraph) => paragraph.replace(new RegExp(`(.{1,${width}})(?: |$)`, 'g'), '$1\n').trimEnd())
    .join('\n\n')
