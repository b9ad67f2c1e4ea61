/** Nodes that do not tell events although somebody listens: whoever is root in a VM can take the place at which its guest firewall is heard. */

export interface Mute {
  readonly node: string
  /** Why, in the kernel's words. */
  readonly reason: string
}

/** `lab/web-0: tells nothing, or not all: follow packet log group 26476: …` */
export const describeMute = ({ node, reason }: Mute): string =>
  `${node}: tells nothing, or not all: ${reason}`
