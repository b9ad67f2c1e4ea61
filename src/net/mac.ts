/** 48-bit hardware addresses in canonical text, `02:00:00:00:00:01`. */
export type Mac = string

/** The six bytes; throws `TypeError` on other text. */
export function macBytes(mac: Mac): Uint8Array {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(mac)) throw new TypeError(`parse hardware address: '${mac}'`)
  return Uint8Array.from(mac.split(':'), (byte) => Number.parseInt(byte, 16))
}

export const formatMac = (bytes: Uint8Array): Mac =>
  Array.from(bytes.subarray(0, 6), (byte) => byte.toString(16).padStart(2, '0')).join(':')

/** A locally administered unicast address (IEEE 802 section 8.2) carrying a 32-bit number. */
export const localMac = (number: number): Mac =>
  formatMac(
    Uint8Array.of(0x02, 0x00, number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255),
  )
