/** The rules of enforcement points in the words of other firewalls. */
export { type ListedRule, type NftCount, readNftCounters } from './nft/counters.ts'
export { conntrackSysctls, emitNft, type NftOptions, nftTable } from './nft/emit.ts'
export type { NftLog } from './nft/writer.ts'
export * from './unsayable.ts'
export { emitWindowsFirewall } from './windows/emit.ts'
