/** Text of files inside our own lines: it stays on its line, and does not steer the terminal. */

/** White space, line ends too, becomes one space; other control and direction characters become one visible dot each. */
export const plainLine = (text: string): string =>
  text.replace(/[\s\u0085]+/g, ' ').replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '·')
