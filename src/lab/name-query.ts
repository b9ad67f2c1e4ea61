/** What a probe says to a name server: only a real question is answered. */
import { emitMessage, type Name, Type } from '../dns/index.ts'

/** A query for the SOA of a zone (RFC 1035 section 4.1), as one datagram. */
export const nameQuery = (zone: Name): Uint8Array =>
  emitMessage({
    header: {
      id: 0x676c,
      response: false,
      opcode: 0,
      authoritative: false,
      truncated: false,
      recursionDesired: false,
      recursionAvailable: false,
      rcode: 0,
    },
    questions: [{ name: zone, type: Type.soa, class: 1 }],
    answers: [],
    authorities: [],
    additionals: [],
  })
