/** What a rule of ours means and another firewall has no words for. Never left out in silence: the text would allow or deny something else. */

/** The message starts with `emit` and ends with the remedy. */
export class UnsayableError extends Error {
  /**
   * @param firewall `nftables` or `Windows Firewall`
   * @param where id of the point, and of the rule if it is one rule's fault
   * @param why what cannot be said
   * @param remedy what to do instead
   */
  constructor(firewall: string, where: string, why: string, remedy: string) {
    super(`emit ${firewall} rules of ${where}: ${why}; ${remedy}`)
    this.name = 'UnsayableError'
  }
}
