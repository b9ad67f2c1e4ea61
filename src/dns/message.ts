/** DNS messages as plain values (RFC 1035 section 4.1), with EDNS apart (RFC 6891). */
import type { Ip } from '../net/index.ts'
import type { Name } from './name.ts'

/** Record types that Glacis names, and question types that are no record's (IANA dns-parameters registry). */
export const Type = Object.freeze({
  a: 1,
  ns: 2,
  cname: 5,
  soa: 6,
  ptr: 12,
  aaaa: 28,
  opt: 41,
  ixfr: 251,
  axfr: 252,
  any: 255,
} as const)

export const Class = Object.freeze({ in: 1, any: 255 } as const)

export const Rcode = Object.freeze({
  noError: 0,
  formErr: 1,
  servFail: 2,
  nxDomain: 3,
  notImp: 4,
  refused: 5,
  /** Extended: its high bits stand in the OPT record (RFC 6891 section 9). */
  badVers: 16,
} as const)

/** The only opcode that is answered. */
export const opcodeQuery = 0

export interface Header {
  readonly id: number
  /** Of a response. */
  readonly response: boolean
  readonly opcode: number
  readonly authoritative: boolean
  readonly truncated: boolean
  readonly recursionDesired: boolean
  readonly recursionAvailable: boolean
  /** 12 bits if the message has EDNS, else 4. */
  readonly rcode: number
}

export interface Question {
  readonly name: Name
  readonly type: number
  readonly class: number
}

export interface Record {
  readonly name: Name
  readonly type: number
  readonly class: number
  /** Seconds. */
  readonly ttl: number
  readonly data: Data
}

export type Data =
  /** A, AAAA. */
  | { readonly kind: 'address'; readonly address: Ip }
  /** NS, CNAME, PTR. */
  | { readonly kind: 'name'; readonly name: Name }
  | StartOfAuthority
  /** Every other type, and every class but IN. */
  | { readonly kind: 'opaque'; readonly bytes: Uint8Array }

export interface StartOfAuthority {
  readonly kind: 'soa'
  /** Primary name server. */
  readonly primary: Name
  /** Mailbox of who is responsible, its first label being the local part. */
  readonly mailbox: Name
  readonly serial: number
  /** Seconds. */
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  /** TTL of negative answers (RFC 2308 section 4). */
  readonly minimum: number
}

/** The OPT pseudo-record. Its high bits of the response code are in the header's `rcode`. */
export interface Edns {
  /** Bytes of UDP payload that the sender can take. */
  readonly size: number
  readonly version: number
  readonly dnssecOk: boolean
  /** Raw options. */
  readonly options: Uint8Array
}

export interface Message {
  readonly header: Header
  readonly questions: readonly Question[]
  readonly answers: readonly Record[]
  readonly authorities: readonly Record[]
  /** Without OPT. */
  readonly additionals: readonly Record[]
  readonly edns?: Edns
}
