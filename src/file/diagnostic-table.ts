/** Every diagnostic number: a title, and the long form that `glacis explain CODE` prints. */
export interface DiagnosticEntry {
  readonly title: string
  readonly text: string
}

export const diagnosticTable = {
  GL1001: { title: 'file cannot be read', text: '' },
  GL1002: { title: 'file too large', text: '' },
  GL1003: { title: 'not a text file', text: '' },
  GL1004: { title: 'YAML syntax', text: '' },
  GL1005: { title: 'nested too deeply', text: '' },
  GL1006: { title: 'aliases expand too far', text: '' },
  GL1007: { title: 'key given twice', text: '' },
  GL1008: { title: 'unknown key', text: '' },
  GL1009: { title: 'missing key', text: '' },
  GL1010: { title: 'wrong type', text: '' },
  GL1011: { title: 'value out of range', text: '' },
  GL1012: { title: 'malformed value', text: '' },
  GL1020: { title: 'XML syntax', text: '' },
  GL1021: { title: 'unexpected XML document', text: '' },
  GL1022: { title: 'XML attribute missing', text: '' },
  GL1023: { title: 'instance count missing', text: '' },
  GL1024: { title: 'XML element not supported yet', text: '' },
  GL1025: { title: 'unknown endpoint protocol', text: '' },
  GL2001: { title: 'reference to nothing', text: '' },
  GL2002: { title: 'pool exhausted', text: '' },
  GL2003: { title: 'no host for the virtual machines', text: '' },
  GL2004: { title: 'VIP outside its pool', text: '' },
  GL2005: { title: 'address used twice', text: '' },
} as const satisfies Record<string, DiagnosticEntry>

export type DiagnosticCode = keyof typeof diagnosticTable
