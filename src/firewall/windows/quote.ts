/** Text inside a PowerShell script. */

/**
 * A single-quoted string, in which nothing is expanded. Only printable ASCII is let through: PowerShell takes typographic quotes
 * for quotes too (about_Quoting_Rules), and reads files without a byte-order mark in the system's code page.
 */
export const quoted = (text: string): string =>
  `'${text
    .replace(/\s+/g, ' ')
    .replace(/[^ -~]/g, '_')
    .replaceAll("'", "''")}'`
