/**
 * Frames that Linux 6.18 put on a veth pair without offloads, between 192.0.2.1 or 2001:db8::1 (02:00:00:00:00:01) and
 * 192.0.2.2 or 2001:db8::2 (02:00:00:00:00:02): what our codecs must read, and write again byte for byte.
 */
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))

const east = '020000000002 020000000001'
const west = '020000000001 020000000002'
const six1 = '20010db8000000000000000000000001'
const six2 = '20010db8000000000000000000000002'
const udp4 = '450000214ccb4000401169fd c0000201c0000202 9c400009000d9bb4 68656c6c6f'
const udp6 = `6000f0b6000d1140${six1}${six2} 9c400009000dc443 68656c6c6f`

export const captured = Object.freeze({
  arpRequest: hex(
    'ffffffffffff 020000000001 0806 0001080006040001 020000000001c0000201 000000000000c0000202',
  ),
  arpReply: hex(`${west} 0806 0001080006040002 020000000002c0000202 020000000001c0000201`),
  /** `hello` from port 40000 to port 9. */
  udp4: hex(`${east} 0800 ${udp4}`),
  udp6: hex(`${east} 86dd ${udp6}`),
  /** About the datagram before: nothing listens on port 9. */
  portUnreachable4: hex(`${west} 0800 45c0003d202200004001d5da c0000202c0000201 0303811f00000000 ${udp4}`),
  portUnreachable6: hex(`${west} 86dd 600e4640003d3a40${six2}${six1} 0104412900000000 ${udp6}`),
  /** SYN from port 40001 to port 443, with options; and its refusal. */
  syn4: hex(
    `${east} 0800 4500003c9492400040062226 c0000201c0000202 9c4101bb39a4ddab00000000a002faf053ed0000 020405b40402080a38878747000000000103030a`,
  ),
  reset4: hex(
    `${west} 0800 45000028000040004006b6cc c0000202c0000201 01bb9c410000000039a4ddac50140000767f0000`,
  ),
  syn6: hex(
    `${east} 86dd 600f64fc00280640${six1}${six2} 9c4101bb73d620a000000000a002fd2038e20000 020405a00402080a6b8018a6000000000103030a`,
  ),
  reset6: hex(`${west} 86dd 6004f62b00140640${six2}${six1} 01bb9c410000000073d620a15014000021e80000`),
  /** Data `ping`. */
  echoRequest4: hex(`${east} 0800 45000020ec7b40004001ca5d c0000201c0000202 0800e5c933640001 70696e67`),
  echoReply4: hex(`${west} 0800 4500002020c300004001d616 c0000202c0000201 0000edc933640001 70696e67`),
  echoRequest6: hex(`${east} 86dd 600f460a000c3a40${six1}${six2} 80000aca3aa80001 70696e67`),
  echoReply6: hex(`${west} 86dd 600d3f56000c3a40${six2}${six1} 810009ca3aa80001 70696e67`),
  neighbourSolicitation: hex(
    `3333ff000002 020000000001 86dd 6000000000203aff${six1} ff0200000000000000000001ff000002 87001c2700000000 ${six2} 0101020000000001`,
  ),
  neighbourAdvertisement: hex(
    `${west} 86dd 6000000000203aff${six2}${six1} 88008a7160000000 ${six2} 0201020000000002`,
  ),
  /** A multicast listener report behind a hop-by-hop header. */
  listenerReport: hex(
    '333300000016 020000000001 86dd 6000000000240001 fe80000000000000000000fffe000001 ff020000000000000000000000000016 3a000502000001008f00720700000001 04000000ff0200000000000000000001ff000001',
  ),
})
