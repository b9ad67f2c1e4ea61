/**
 * Kernel helpers that the toolkit knows: number, arguments, what register 0 holds after, and which programs may call it
 * (`enum bpf_func_id`, and `*_func_proto` in `net/core/filter.c`).
 */
import type { ProgramType } from './spec.ts'

/** What a helper returns. Pointers must be compared with zero before use, as the verifier demands. */
export type ReturnKind = 'integer' | 'map-value-or-null' | 'memory-or-null' | 'void'

export interface Helper {
  readonly id: number
  readonly arguments: number
  readonly returns: ReturnKind
  readonly gplOnly: boolean
  /** Absent: every program type. */
  readonly programs?: readonly ProgramType[]
  /** The helper may move packet data: pointers to the packet die. */
  readonly movesPacket?: true
}

interface Extra {
  readonly gpl?: true
  readonly programs?: readonly ProgramType[]
  readonly moves?: true
}

function helper(id: number, args: number, returns: ReturnKind = 'integer', extra: Extra = {}): Helper {
  return Object.freeze({
    id,
    arguments: args,
    returns,
    gplOnly: extra.gpl === true,
    ...(extra.programs ? { programs: extra.programs } : {}),
    ...(extra.moves ? { movesPacket: true as const } : {}),
  })
}

const XDP = { programs: ['xdp'] } as const
const TC = { programs: ['sched_cls'] } as const
const SKB = { programs: ['sched_cls', 'socket_filter'] } as const
const NET = { programs: ['xdp', 'sched_cls'] } as const

export const HELPERS = Object.freeze({
  map_lookup_elem: helper(1, 2, 'map-value-or-null'),
  map_update_elem: helper(2, 4),
  map_delete_elem: helper(3, 2),
  ktime_get_ns: helper(5, 0),
  trace_printk: helper(6, 5, 'integer', { gpl: true }),
  get_prandom_u32: helper(7, 0),
  get_smp_processor_id: helper(8, 0),
  skb_store_bytes: helper(9, 5, 'integer', { ...TC, moves: true }),
  l3_csum_replace: helper(10, 5, 'integer', { ...TC, moves: true }),
  l4_csum_replace: helper(11, 5, 'integer', { ...TC, moves: true }),
  tail_call: helper(12, 3, 'void'),
  clone_redirect: helper(13, 3, 'integer', { ...TC, moves: true }),
  skb_vlan_push: helper(18, 3, 'integer', { ...TC, moves: true }),
  skb_vlan_pop: helper(19, 1, 'integer', { ...TC, moves: true }),
  redirect: helper(23, 2, 'integer', NET),
  perf_event_output: helper(25, 5, 'integer', { gpl: true }),
  skb_load_bytes: helper(26, 4, 'integer', SKB),
  csum_diff: helper(28, 5, 'integer', NET),
  skb_change_proto: helper(31, 3, 'integer', { ...TC, moves: true }),
  skb_change_type: helper(32, 2, 'integer', TC),
  get_hash_recalc: helper(34, 1, 'integer', TC),
  skb_change_tail: helper(38, 3, 'integer', { ...TC, moves: true }),
  skb_pull_data: helper(39, 2, 'integer', { ...TC, moves: true }),
  csum_update: helper(40, 2, 'integer', TC),
  set_hash_invalid: helper(41, 1, 'void', TC),
  get_numa_node_id: helper(42, 0),
  skb_change_head: helper(43, 3, 'integer', { ...TC, moves: true }),
  xdp_adjust_head: helper(44, 2, 'integer', { ...XDP, moves: true }),
  skb_adjust_room: helper(50, 4, 'integer', { ...TC, moves: true }),
  redirect_map: helper(51, 3, 'integer', XDP),
  xdp_adjust_meta: helper(54, 2, 'integer', { ...XDP, moves: true }),
  xdp_adjust_tail: helper(65, 2, 'integer', { ...XDP, moves: true }),
  skb_load_bytes_relative: helper(68, 5, 'integer', SKB),
  fib_lookup: helper(69, 4, 'integer', NET),
  map_push_elem: helper(87, 3),
  map_pop_elem: helper(88, 2),
  map_peek_elem: helper(89, 2),
  jiffies64: helper(118, 0),
  ktime_get_boot_ns: helper(125, 0),
  ringbuf_output: helper(130, 4),
  ringbuf_reserve: helper(131, 3, 'memory-or-null'),
  ringbuf_submit: helper(132, 2, 'void'),
  ringbuf_discard: helper(133, 2, 'void'),
  ringbuf_query: helper(134, 2),
  csum_level: helper(135, 2, 'integer', TC),
  redirect_neigh: helper(152, 4, 'integer', TC),
  redirect_peer: helper(155, 2, 'integer', TC),
  ktime_get_coarse_ns: helper(160, 0),
  check_mtu: helper(163, 5, 'integer', NET),
  xdp_get_buff_len: helper(188, 1, 'integer', XDP),
  xdp_load_bytes: helper(189, 4, 'integer', XDP),
  xdp_store_bytes: helper(190, 4, 'integer', XDP),
  map_lookup_percpu_elem: helper(195, 3, 'map-value-or-null'),
  ktime_get_tai_ns: helper(208, 0),
})

export type HelperName = keyof typeof HELPERS

const BY_ID: ReadonlyMap<number, HelperName> = new Map(
  (Object.keys(HELPERS) as HelperName[]).map((name) => [HELPERS[name].id, name]),
)

/** `undefined` for a helper that the toolkit does not know. */
export function helperName(id: number): HelperName | undefined {
  return BY_ID.get(id)
}
